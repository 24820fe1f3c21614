// Keys are rolled and expired in dialogs without loading the page. Then what is said above them is fetched anew.
const keys = document.getElementById('developers');
const states = () => [...keys.querySelectorAll('.pair')].map((pair) => pair.dataset.state).join();
let known = states();

const refresh = async () => {
  const shown = document.getElementById('sightings');
  try {
    const answer = await fetch(location.pathname, { headers: { Accept: 'text/html' }, cache: 'no-store' });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    // Signed out, or something broke: what is here stays.
    if (!answer.ok || !page.getElementById('developers')) return;
    const fresh = page.getElementById('sightings');
    if (fresh) shown.replaceWith(fresh);
    else shown.remove();
    document.dispatchEvent(new Event('drawn'));
  } catch {
    // It is as old as it was. Loading the page shows what is so.
  }
};

const watch = new MutationObserver(() => {
  if (states() === known) return;
  known = states();
  if (document.getElementById('sightings')) refresh();
  else watch.disconnect();
});
watch.observe(keys, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-state'] });
