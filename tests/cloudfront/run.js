// Asks viewer-request functions as CloudFront does, under njs and under Node.js: ENGINE run.js CALLS ANSWERS.
//
// A call is { function, url, headers, store, now, isTest }: which of functions.js, the raw path and query, the key-value
// store's keys, the time in Unix seconds. The event has the shape that AWS documents, everything in it as sent. With isTest it
// is what the console's test sends, where rawQueryString() has nothing to say.
import fs from 'fs';
import cf from 'cloudfront';
import functions from './functions.js';

// Names and values as sent; of a name that is given more than once the first value, and all of them in multiValue.
function fields(pairs) {
  const fields = Object.create(null);
  pairs.forEach(pair => {
    const field = fields[pair.name];
    if (!field) {
      fields[pair.name] = { value: pair.value };
    } else {
      field.multiValue = (field.multiValue || [{ value: field.value }]).concat([{ value: pair.value }]);
    }
  });
  return fields;
}

function cut(text, separator) {
  const at = text.indexOf(separator);
  return at < 0 ? { name: text, value: '' } : { name: text.slice(0, at), value: text.slice(at + 1) };
}

function event(call) {
  const location = cut(call.url, '?');
  const hasQuery = call.url.includes('?');
  const pairs = location.value.split('&').filter(pair => pair !== '').map(pair => cut(pair, '='));
  return {
    version: '1.0',
    context: { eventType: 'viewer-request', distributionId: 'EDFDVBD6EXAMPLE', requestId: 'x' },
    viewer: { ip: '198.51.100.11' },
    request: {
      method: 'GET',
      uri: location.name,
      querystring: fields(pairs),
      headers: fields(call.headers),
      cookies: {},
      rawQueryString: () => (call.isTest ? '' : hasQuery ? location.value : undefined),
    },
  };
}

// Deep, so that nothing of an event is shared with the next; functions are left out, as they are of what goes back to CloudFront.
const copy = value => JSON.parse(JSON.stringify(value));

async function answer(call) {
  cf.store = call.store;
  cf.origin = null;
  Date.now = () => call.now * 1000;
  try {
    const answered = await functions[call.function](event(call));
    return { answered: copy(answered), origin: cf.origin, handles: cf.handles };
  } catch (error) {
    return { thrown: `${error}`, origin: cf.origin };
  }
}

async function run() {
  const calls = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
  const answers = [];
  for (let i = 0; i < calls.length; i++) {
    const one = await answer(calls[i]);
    answers.push(one);
  }
  fs.writeFileSync(process.argv[3], JSON.stringify(answers));
}

run();
