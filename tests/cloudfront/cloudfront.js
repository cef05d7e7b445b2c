// What CloudFront's module `cloudfront` does for the viewer-request function, and what it was asked. The key-value store has the
// keys of `store`; it can't be read where that is null. `handles` counts how often it was asked for.
const cf = {
  store: null,
  origin: null,
  handles: 0,

  kvs() {
    cf.handles += 1;
    return {
      get: async function (key) {
        if (cf.store === null || cf.store[key] === undefined) throw new Error(`no key ${key} in the store`);
        return cf.store[key];
      },
    };
  },

  selectRequestOriginById(id) {
    cf.origin = id;
  },
};

export default cf;
