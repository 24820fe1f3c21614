// Looks for private keys where none may be, in every form they could have been written in.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Every form in which a text could stand in a file, with its name. */
export function forms(key: string): [name: string, bytes: Buffer][] {
  const raw = Buffer.from(key, 'utf8');
  const hex = raw.toString('hex');
  const found: [string, Buffer][] = [
    ['as it is', raw],
    // Without the prefix: a log that cuts it would still have leaked the rest.
    ['without its prefix', Buffer.from(key.slice(key.indexOf('private_') + 'private_'.length))],
    ['hex', Buffer.from(hex)],
    ['HEX', Buffer.from(hex.toUpperCase())],
    ['percent-encoded', Buffer.from(hex.replace(/../g, '%$&'))],
    ['PERCENT-ENCODED', Buffer.from(hex.toUpperCase().replace(/../g, '%$&'))],
    ['UTF-16 LE', Buffer.from(key, 'utf16le')],
    ['UTF-16 BE', Buffer.from(key, 'utf16le').swap16()],
  ];
  for (const alignment of [0, 1, 2]) {
    // What stands before the key moves its base64: the letters that its neighbours have a part in are left out.
    const shifted = Buffer.concat([Buffer.alloc(alignment), raw]);
    const whole = shifted.subarray(0, shifted.length - (shifted.length % 3));
    const letters = whole.toString('base64').slice(alignment === 0 ? 0 : 4);
    found.push([`base64, alignment ${alignment}`, Buffer.from(letters)]);
    const forUrls = letters.replaceAll('+', '-').replaceAll('/', '_');
    if (forUrls !== letters) {
      found.push([`base64 for URLs, alignment ${alignment}`, Buffer.from(forUrls)]);
    }
  }
  return found;
}

/** Where any of the keys stands in a file below `directory`. The keys themselves are not repeated. */
export function findKeys(directory: string, keys: string[]): string[] {
  const wanted = keys.flatMap((key, index) => forms(key).map(([name, bytes]) => ({ index, name, bytes })));
  return filesBelow(directory).flatMap((file) => {
    const content = readFileSync(file);
    return wanted
      .filter(({ bytes }) => content.includes(bytes))
      .map(({ index, name }) => `${relative(directory, file)}: key ${index + 1}, ${name}`);
  });
}

export function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}
