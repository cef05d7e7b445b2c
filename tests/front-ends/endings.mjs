// Nothing is waited for without end, and what was started is ended, whatever happens in between.

const endings = [];
let ending;

/** Has this done at the end; what was begun last is ended first. */
export function atEnd(end) {
  endings.push(end);
}

/** A signal may come while this is under way already. */
export function endAll() {
  ending ??= endOneByOne();
  return ending;
}

async function endOneByOne() {
  while (endings.length > 0) {
    try {
      await within(20_000, 'the end of what was started', endings.pop()());
    } catch (error) {
      console.error(error);
    }
  }
}

/** The promise, or an error that names what did not come in time. */
export function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not there after ${ms / 1000} s`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
