// An admin takes the configuration of a gateway away from the dashboard. That it works is the Rust suite's to show.
import { axe, expect, PASSWORD, test, uniqueEmail } from '../fixtures';

test('an admin copies the configuration of a gateway with the address of this installation in it', async ({ page, context, board, server }) => {
  const email = uniqueEmail();
  server.operator(['admin', 'create', '--email', email, '--password-stdin'], `${PASSWORD}\n`);
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/admin');
  await page.getByRole('link', { name: 'Gateways' }).click();
  await expect(page.getByRole('heading', { name: 'Gateways', level: 1 })).toBeVisible();
  await axe(page);

  const address = new URL(server.url).host;
  for (const [what, beginning] of [
    ['nginx configuration', '# nginx'],
    ['Caddyfile', '# Caddy'],
    ['Traefik configuration', '# Traefik'],
    ['Envoy configuration', '# Envoy'],
  ] as const) {
    await page.getByRole('button', { name: `Copy ${what}` }).click();
    await expect(page.getByRole('status').filter({ hasText: `Copied the ${what}.` })).toBeAttached();
    const copied = await board.paste(context);
    expect(copied).toMatch(new RegExp(`^${beginning}`));
    expect(copied).toContain(what.startsWith('Envoy') ? `uri: http://${address}` : address);
    expect(copied, 'nothing is left to fill in but their own').not.toContain('%');
  }
});
