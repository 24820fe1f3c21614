// Uploads files one after another, as every web page with a public key does: new parameters for each, then the form.
const place = document.getElementById('upload');
const field = document.getElementById('upload-files');
const replace = document.getElementById('upload-replace');
const list = place.querySelector('.upload__list');
const words = place.dataset;
const waiting = [];
let busy = false;

// For screen readers: what came of each upload, and nothing in between.
const say = (text) => {
  document.querySelector('p.visually-hidden[role="status"]').textContent = text;
};

const element = (name, attributes = {}, text = '') => {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.textContent = text;
  return made;
};

// One file, and its row in the list of uploads.
class Upload {
  constructor(file) {
    this.file = file;
    this.row = element('li', { class: 'upload__file', tabindex: '-1' });
    this.progress = element('progress', { class: 'upload__progress', max: '1', value: '0', 'aria-label': `Upload of ${file.name}` });
    this.state = element('span', { class: 'upload__state' });
    this.button = element('button', { class: 'button', 'data-kind': 'inline', type: 'button' });
    this.button.addEventListener('click', () => (this.over ? enqueue(this) : this.cancel()));
    this.row.append(element('span', { class: 'upload__name file-name' }, file.name), this.progress, this.state, this.button);
    list.append(this.row);
  }

  wait() {
    this.over = false;
    this.sent = false;
    this.overwrite = replace.checked;
    this.stop = new AbortController();
    this.show('Waiting', 'Cancel');
    this.progress.value = 0;
    this.progress.hidden = false;
  }

  show(state, action, tone = '') {
    this.state.textContent = state;
    this.row.dataset.tone = tone;
    this.button.textContent = action;
    this.button.setAttribute('aria-label', `${action}: ${this.file.name}`);
  }

  // What became of it. The button then begins it again, or goes, and leaves the focus on the row.
  end(state, tone) {
    this.over = true;
    this.progress.hidden = true;
    this.show(state, 'Upload again', tone);
    if (tone === 'success') {
      const focused = document.activeElement === this.button;
      this.button.remove();
      if (focused) this.row.focus();
    }
    say(`${this.file.name}: ${state}`);
  }

  cancel() {
    this.stop.abort();
    const queued = waiting.indexOf(this);
    if (queued >= 0) {
      waiting.splice(queued, 1);
      this.end('Cancelled. Nothing was kept.', 'muted');
    }
  }

  async run() {
    this.show('Uploading', 'Cancel');
    try {
      if (this.file.size > Number(words.largest)) throw new Error(`Not uploaded. A file may be ${words.largestWords} at most.`);
      await this.send(await this.ask());
      this.end('Uploaded.', 'success');
    } catch (error) {
      const cancelled = this.sent ? 'Cancelled. It may have arrived already: look at the list.' : 'Cancelled. Nothing was kept.';
      if (this.stop.signal.aborted) this.end(cancelled, 'muted');
      else this.end(error.message, 'danger');
    }
  }

  // The parameters for this one attempt. The private key that signs them stays on the server.
  async ask() {
    const headers = { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' };
    const body = new URLSearchParams({ account: words.account });
    const answer = await fetch(words.parameters, { method: 'POST', headers, body, cache: 'no-store', signal: this.stop.signal }).catch(() => {
      throw new Error(words.unreachable);
    });
    if (answer.ok) return answer.json();
    throw new Error({ 401: words.signedOut, 403: words.notAllowed, 404: words.elsewhere }[answer.status] ?? words.fault);
  }

  send(parameters) {
    const form = new FormData();
    const fields = { ...parameters, fileName: this.file.name, useUniqueFileName: false, overwriteFile: this.overwrite };
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    // Last: what is wrong with the signature is told before the bytes are taken in.
    form.append('file', this.file, this.file.name);
    return new Promise((done, failed) => {
      const request = new XMLHttpRequest();
      request.upload.addEventListener('progress', ({ lengthComputable, loaded, total }) => {
        if (!lengthComputable) return;
        this.progress.value = loaded / total;
        this.state.textContent = `${Math.floor((100 * loaded) / total)} %`;
      });
      request.upload.addEventListener('load', () => {
        this.sent = true;
        this.state.textContent = 'Sent. Waiting for the answer';
      });
      request.addEventListener('load', () => (request.status === 200 ? done() : failed(new Error(sentence(request)))));
      request.addEventListener('error', () => failed(new Error(words.unreachable)));
      request.addEventListener('abort', () => failed(new Error('')));
      this.stop.signal.addEventListener('abort', () => request.abort());
      request.open('POST', words.uploads);
      request.setRequestHeader('Accept', 'application/json');
      request.send(form);
    });
  }
}

// Why the API did not do it, in its own words; but for what has its remedy on this page.
const sentence = ({ status, responseText }) => {
  try {
    const { code, message, help } = JSON.parse(responseText);
    if (code === 'NAME_TAKEN') return 'There is a file of this name already. To replace it, tick the box above and upload it again.';
    return [message, help].filter(Boolean).join(' ');
  } catch {
    return status === 413 ? `Not uploaded. A file may be ${words.largestWords} at most.` : words.fault;
  }
};

const enqueue = async (upload) => {
  upload.wait();
  waiting.push(upload);
  if (busy) return;
  busy = true;
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    await next.run();
    await refresh();
  }
  busy = false;
};

// The rows and the usage, as the page would have them now. What is being typed into the form above them stays.
const refresh = async () => {
  try {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html' }, cache: 'no-store' });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    // Signed out, or in another account by now: what is here stays.
    if (page.getElementById('upload')?.dataset.account !== words.account) return;
    for (const id of ['files-usage', 'files-rows']) {
      const old = document.getElementById(id);
      const fresh = page.getElementById(id);
      if (!fresh) return;
      const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
      old.replaceWith(fresh);
      if (focused) [...fresh.querySelectorAll('a')].find((link) => link.getAttribute('href') === focused)?.focus();
    }
    document.dispatchEvent(new Event('drawn'));
  } catch {
    // The list is as old as it was. Loading the page shows it.
  }
};

const add = (files) => {
  for (const file of files) enqueue(new Upload(file));
};

field.addEventListener('change', () => {
  add([...field.files]);
  field.value = '';
});

// Anywhere on the page: a file that is dropped beside the place would otherwise be opened, and the page be gone.
addEventListener('dragover', (event) => {
  if (!event.dataTransfer?.types.includes('Files')) return;
  event.preventDefault();
  place.dataset.over = '';
});
addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) delete place.dataset.over;
});
addEventListener('drop', (event) => {
  if (!event.dataTransfer?.types.includes('Files')) return;
  event.preventDefault();
  delete place.dataset.over;
  const folders = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry?.isDirectory);
  const isFolder = (file) => folders.some((folder) => folder.name === file.name);
  if (folders.length > 0) say('Folders are not uploaded. Drop the files in them.');
  add([...event.dataTransfer.files].filter((file) => !isFolder(file)));
});

addEventListener('beforeunload', (event) => {
  if (busy) event.preventDefault();
});

document.getElementById('upload-needs-script').remove();
place.hidden = false;
