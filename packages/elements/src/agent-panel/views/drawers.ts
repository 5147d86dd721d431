import { html, nothing, type TemplateResult } from 'lit';
import { grouped, spelled } from '../spelling.js';
import { action, type PanelView } from './panel-view.js';

/**
 * For a customer without internet. The bank's code is read out; a code of the customer's is taken on a call that they
 * placed alone. On any other there is no field for one (domain rule 1).
 */
export function offlineView(view: PanelView): TemplateResult {
  const { session, actions, wording } = view;
  const { bankProof, customerProof, call } = session;
  return html`<section class="card stack" part="offline">
    <h2>${wording.text('offline.heading')}</h2>
    <p>${wording.text('offline.bankHint')}</p>
    <div role="status" class="tight">
      ${
        bankProof === null
          ? nothing
          : html`<p class="quiet">${wording.text('offline.bankCode')}</p>
              <p class="code"><bdi>${grouped(bankProof).map((group) => html`<span>${group}</span>`)}</bdi></p>
              <p><strong>${spelled(bankProof, wording.language)}</strong></p>
              <p class="quiet small">${wording.text('offline.left')}</p>`
      }
    </div>
    <div class="buttons">
      ${action(view, { key: 'K', words: 'do.bankProof', press: () => actions.showBankProof(), does: 'bank-proof' })}
    </div>
    ${call!.direction === 'inbound' ? customerProofView(view) : nothing}
    ${customerProof ? html`<p class="good" role="status">${wording.text('offline.customerProved')}</p>` : nothing}
  </section>`;
}

function customerProofView(view: PanelView): TemplateResult {
  const { actions, wording } = view;
  return html`<label>
      ${wording.text('offline.customerCode')}
      <input
        id="customer-proof"
        inputmode="numeric"
        autocomplete="off"
        spellcheck="false"
        maxlength="64"
        aria-describedby="customer-proof-hint"
      />
    </label>
    <p class="quiet small" id="customer-proof-hint">${wording.text('offline.customerHint')}</p>
    <div class="buttons">
      ${action(view, {
        key: 'J',
        words: 'do.checkProof',
        does: 'customer-proof',
        press: () => {
          const code = view.field('customer-proof');
          return code === '' ? actions.refuse('code-missing') : actions.checkCustomerProof(code);
        },
      })}
    </div>`;
}

/** To whom the call goes. It stays this agent's until the other takes it. */
export function transferView(view: PanelView): TemplateResult {
  const { actions, wording } = view;
  const send = async (): Promise<void> => {
    const to = view.field('transfer-to');
    if (to !== '' && (await actions.transfer(to))) view.toggle('transfer');
  };
  return html`<section class="card stack" part="transfer">
    <label>
      ${wording.text('transfer.to')}
      <input id="transfer-to" autocomplete="off" autocapitalize="off" spellcheck="false" maxlength="255" />
    </label>
    <div class="buttons">${action(view, { key: 'G', words: 'do.transferSend', press: send, does: 'transfer' })}</div>
  </section>`;
}
