// Puts the times of the page into the person's own zone; UTC stays in the title. The same words as `browser::local_time`.
const form = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit' };
const zone = (Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'UTC').split('/').pop().replaceAll('_', ' ');
const draw = () => {
  for (const time of document.querySelectorAll('time[datetime]')) {
    const words = new Date(time.dateTime).toLocaleString('en-GB', form).replace(' at ', ', ');
    time.textContent = `${words} (${zone})`;
  }
};
draw();
// A script has drawn some of the page anew.
document.addEventListener('drawn', draw);
