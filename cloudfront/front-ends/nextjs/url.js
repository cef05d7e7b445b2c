// The URL of a picture in a width: the format is what the browser's Accept header names, and a quality that is not given Pixfront's
// own, which depends on the format.

/** `name` is what the picture was uploaded as, unescaped, with or without a slash before it. */
export function pictureUrl(base, name, width, quality) {
  const path = name.split('/').filter(Boolean).map(encodeURIComponent).join('/');
  const query = `w=${width}&f=auto${quality ? `&q=${quality}` : ''}`;
  return `${base.replace(/\/$/, '')}/${path}?${query}`;
}
