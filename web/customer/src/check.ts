import { loadWording } from '@countersign/elements';
import { chooseLocale, loadSettings, tenantOfPage } from './settings.js';

const loaded = await loadSettings();
const locale = chooseLocale(loaded?.settings.locale ?? document.documentElement.lang);
const wording = await loadWording(locale);
document.documentElement.lang = wording.language;
document.title = `${document.title}: ${wording.text('reference.heading')}`;
const check = document.createElement('countersign-check');
check.setAttribute('tenant', tenantOfPage());
check.setAttribute('locale', locale);
if (loaded?.settings.cardNumber) check.setAttribute('card-number', loaded.settings.cardNumber);
document.querySelector('#main')!.replaceChildren(check);
