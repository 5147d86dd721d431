import { LitElement, type PropertyValues } from 'lit';
import { property } from 'lit/decorators.js';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Words } from '../messages/words.js';

interface Minute {
  readonly minute: string;
  readonly reports: number;
  readonly newCustomers: number;
}

const HEIGHT = 240;

/** Reports by the minute as a line, and new customers as another, dashed one. A table beside it says the same. */
class MinuteChart extends LitElement {
  @property({ attribute: false }) minutes: readonly Minute[] = [];
  @property({ attribute: false }) words!: Words;
  #chart: uPlot | null = null;
  #resizing: ResizeObserver | null = null;
  readonly #dark = matchMedia('(prefers-color-scheme: dark)');
  readonly #redraw = (): void => this.#make();

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#dark.addEventListener('change', this.#redraw);
    this.#resizing = new ResizeObserver(() => this.#chart?.setSize({ width: this.clientWidth, height: HEIGHT }));
    this.#resizing.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#dark.removeEventListener('change', this.#redraw);
    this.#resizing?.disconnect();
    this.#chart?.destroy();
    this.#chart = null;
  }

  protected override updated(_changed: PropertyValues): void {
    if (this.#chart) this.#chart.setData(this.#data());
    else this.#make();
  }

  /** Every minute from the first to the last, a quarter of an hour at least: a minute without a report is a zero. */
  #data(): uPlot.AlignedData {
    const counts = new Map(this.minutes.map((one) => [Date.parse(one.minute) / 60_000, one]));
    const [first, last] = [Math.min(...counts.keys()), Math.max(...counts.keys())];
    if (counts.size === 0) return [[], [], []];
    const from = Math.min(first - 1, last - 14);
    const minutes = Array.from({ length: last - from + 1 }, (_, at) => from + at);
    return [
      minutes.map((minute) => minute * 60),
      minutes.map((minute) => counts.get(minute)?.reports ?? 0),
      minutes.map((minute) => counts.get(minute)?.newCustomers ?? 0),
    ];
  }

  #make(): void {
    this.#chart?.destroy();
    const style = getComputedStyle(this);
    const color = (token: string): string => style.getPropertyValue(`--countersign-${token}`).trim();
    const [text, line, accent, wrong] = [color('quiet'), color('hairline'), color('accent'), color('wrong')];
    const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
    const time = new Intl.DateTimeFormat(this.words.locale, { hour: '2-digit', minute: '2-digit' });
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    this.setAttribute('role', 'img');
    this.setAttribute('aria-label', this.words.text('campaigns.chart', { zone }));
    this.#chart = new uPlot(
      {
        width: Math.max(200, this.clientWidth),
        height: HEIGHT,
        legend: { show: true, live: false },
        cursor: { show: false },
        scales: {
          x: { range: (_chart, from, to) => [from - 30, to + 30] },
          y: { range: (_chart, _low, high) => [0, Math.max(4, high)] },
        },
        axes: [
          { ...axis, values: (_chart, splits) => splits.map((split) => time.format(split * 1_000)) },
          {
            ...axis,
            values: (_chart, splits) =>
              splits.map((split) => (Number.isInteger(split) ? this.words.number(split) : '')),
          },
        ],
        series: [
          { label: zone },
          {
            label: this.words.text('campaigns.reports'),
            stroke: wrong,
            fill: `${wrong}33`,
            width: 1,
            paths: uPlot.paths.bars!({ size: [0.7, 24] }),
          },
          {
            label: this.words.text('campaigns.newCustomers'),
            stroke: accent,
            width: 2,
            dash: [6, 4],
            points: { show: true, size: 6 },
          },
        ],
      },
      this.#data(),
      this,
    );
  }
}

customElements.define('console-minute-chart', MinuteChart);
