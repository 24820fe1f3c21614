import hmac
import json
import os
import time
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer


def upload_parameters():
    token = str(uuid.uuid4())
    expire = int(time.time()) + 600
    key = os.environ["API_PRIVATE_KEY"].encode()
    signature = hmac.new(key, f"{token}{expire}".encode(), "sha1").hexdigest()
    return {"token": token, "expire": expire, "signature": signature,
            "publicKey": "{{public_key}}"}


class Endpoint(BaseHTTPRequestHandler):
    def do_GET(self):
        # First make sure that whoever asks may upload: this answers everybody.
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(json.dumps(upload_parameters()).encode())


HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "4000"))), Endpoint).serve_forever()
