// Moves the secret of a one-time link into the form, and out of the address bar and the history.
const take = () => {
  const secret = location.hash.slice(1);
  if (secret) {
    document.querySelector('input[name="link"]').value = secret;
    history.replaceState(null, '', location.pathname);
  }
};
take();
// The link was opened where this page stood already.
addEventListener('hashchange', take);
