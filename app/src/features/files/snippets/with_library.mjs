// npm install @imagekit/nodejs
import { createServer } from "node:http";
import ImageKit from "@imagekit/nodejs";

const client = new ImageKit({ privateKey: process.env.API_PRIVATE_KEY });

createServer((request, response) => {
  // First make sure that whoever asks may upload: this answers everybody.
  const parameters = client.helper.getAuthenticationParameters();
  response.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(JSON.stringify({ ...parameters, publicKey: "{{public_key}}" }));
}).listen(process.env.PORT ?? 4000, "127.0.0.1");
