// A certified OpenID provider on a loopback port, with people who are asked for by name.
//
//   node oidc.mjs FOLDER CONFIG     FOLDER holds node_modules, CONFIG is JSON
//
// Says {"ready":…} once it listens. Its login form takes any password; what the provider says of
// somebody stands in CONFIG.people by login name. `{"people":…}` on a line of standard input changes
// that, `{"rotate":true}` begins anew with other signing keys.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { pathToFileURL } from "node:url";

const [folder, text] = process.argv.slice(2);
const config = JSON.parse(text);
const require = createRequire(`${folder}/package.json`);
const { Provider } = await import(pathToFileURL(require.resolve("oidc-provider")).href);
const issuer = `http://localhost:${config.port}`;
let people = config.people;

function provider() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: "RS256" };
  return new Provider(issuer, {
    clients: [{
      client_id: config.client_id,
      client_secret: config.client_secret,
      redirect_uris: config.redirect_uris,
      grant_types: ["authorization_code"],
      response_types: ["code"],
    }],
    jwks: { keys: [key] },
    cookies: { keys: [randomUUID()] },
    claims: { openid: ["sub"], profile: ["name", "groups"] },
    conformIdTokenClaims: config.in_userinfo ?? true,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: true } },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, ...people[id] }),
    }),
  });
}

let handle = provider().callback();
const server = createServer((request, response) => handle(request, response));
server.listen(config.port, "127.0.0.1", () => console.log(JSON.stringify({ ready: issuer })));
createInterface({ input: process.stdin }).on("line", (line) => {
  const told = JSON.parse(line);
  if (told.people) people = told.people;
  if (told.rotate) handle = provider().callback();
  console.log(JSON.stringify({ done: true }));
}).on("close", () => process.exit(0));
