import { html, type TemplateResult } from 'lit';
import { LiveCallScreen } from '../live-call-screen.js';
import { defineScreen, keyCap } from '../../shell/screen.js';
import type { Whose } from '../../session/live-calls.js';

/** The live calls of the one who is signed in, or of their team. */
class CallsScreen extends LiveCallScreen {
  protected override whose(): Whose {
    const { team } = this.session.me;
    return this.query.get('show') === 'team' && team !== null ? { team } : { agent: 'me' };
  }

  protected override render(): TemplateResult {
    const showsTeam = 'team' in this.whose();
    return html`${this.heading(
        this.text('calls.heading'),
        html`<a class="button" href=${this.address('/desk')} data-key="n" aria-keyshortcuts="Alt+N">
          ${this.text('calls.new')}${keyCap('n')}
        </a>`,
      )}
      <ul class="tabs">
        <li>
          <a href=${this.address('/calls')} aria-current=${showsTeam ? 'false' : 'true'}>${this.text('calls.mine')}</a>
        </li>
        ${
          this.session.me.team === null
            ? ''
            : html`<li>
                <a href=${this.address('/calls?show=team')} aria-current=${showsTeam ? 'true' : 'false'}>
                  ${this.text('calls.team', { team: this.session.me.team })}
                </a>
              </li>`
        }
      </ul>
      ${this.status()} ${this.calls()}`;
  }
}

defineScreen('console-calls', CallsScreen);
