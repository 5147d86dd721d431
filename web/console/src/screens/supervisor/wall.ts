import { html, type TemplateResult } from 'lit';
import type { Whose } from '../../session/live-calls.js';
import { defineScreen } from '../../shell/screen.js';
import { LiveCallScreen } from '../live-call-screen.js';

/** All that a team has on the line, alarms first. */
class WallScreen extends LiveCallScreen {
  protected override whose(): Whose {
    return { team: this.session.me.team ?? '' };
  }

  protected override render(): TemplateResult {
    const { team } = this.session.me;
    if (team === null)
      return html`${this.heading(this.text('wall.heading'))}
        <p class="empty">${this.text('wall.noTeam')}</p>`;
    return html`${this.heading(this.text('wall.of', { team }))} ${this.status()}
    ${this.live?.current ? this.#tiles() : ''} ${this.calls()}`;
  }

  #tiles(): TemplateResult {
    const calls = this.live?.calls ?? [];
    const of = (status: string): number => calls.filter(({ verification }) => verification?.status === status).length;
    const tiles = [
      [this.text('wall.live'), calls.length],
      [this.text('wall.alarms'), calls.filter(({ relaySuspectedAt }) => relaySuspectedAt !== null).length],
      [this.text('wall.waiting'), of('waiting')],
      [this.text('wall.confirmed'), of('confirmed')],
      [this.text('wall.agents'), new Set(calls.map(({ agent }) => agent.id)).size],
    ] as const;
    return html`<ul class="tiles">
      ${tiles.map(([words, count]) => html`<li><span class="figure">${this.words.number(count)}</span> ${words}</li>`)}
    </ul>`;
  }
}

defineScreen('console-wall', WallScreen);
