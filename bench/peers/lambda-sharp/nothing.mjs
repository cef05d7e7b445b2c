// The least that Node.js can do: what any function on it starts with.
export const handler = async () => ({ status: '200' });
