import { createHmac, randomUUID } from "node:crypto";
import { createServer } from "node:http";

function uploadParameters() {
  const token = randomUUID();
  const expire = Math.floor(Date.now() / 1000) + 600;
  const hmac = createHmac("sha1", process.env.API_PRIVATE_KEY);
  const signature = hmac.update(token + expire).digest("hex");
  return { token, expire, signature, publicKey: "{{public_key}}" };
}

createServer((request, response) => {
  // First make sure that whoever asks may upload: this answers everybody.
  response.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(JSON.stringify(uploadParameters()));
}).listen(process.env.PORT ?? 4000, "127.0.0.1");
