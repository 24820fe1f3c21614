// Copies the link, and says so only if the browser did; otherwise selects it.
const place = document.querySelector('[data-copy]');
const link = document.getElementById(place.dataset.copy);
const button = document.createElement('button');
const said = document.createElement('span');
said.setAttribute('role', 'status');
Object.assign(button, { type: 'button', className: 'button', textContent: 'Copy the link' });
const copied = async () => {
  try {
    await navigator.clipboard.writeText(link.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(link);
    return document.execCommand('copy');
  }
};
button.addEventListener('click', async () => {
  const done = await copied();
  getSelection().selectAllChildren(link);
  said.textContent = done ? 'Copied.' : 'It could not be copied here. It is selected: press Ctrl+C, or ⌘C on a Mac.';
});
place.append(button, ' ', said);
