// Lets the buttons beside pieces of code copy them, on pages that are not worth their WASM. The same words as `CopyButton`.
const region = document.querySelector('p.visually-hidden[role="status"]');
for (const block of document.querySelectorAll('.code-block')) {
  const button = block.querySelector('button');
  const code = block.querySelector('code');
  const what = button.getAttribute('aria-label').replace('Copy ', '');
  button.disabled = false;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'Copied';
      region.textContent = `Copied the ${what}.`;
      setTimeout(() => (button.textContent = 'Copy'), 2000);
    } catch {
      // Plain HTTP from another machine, or a browser that says no.
      getSelection().selectAllChildren(code);
      button.textContent = /Mac|iP/.test(navigator.platform) ? 'Press ⌘-C' : 'Press Ctrl-C';
      region.textContent = `The ${what} is selected.`;
    }
  });
}
