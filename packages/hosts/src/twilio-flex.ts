import type { PanelPort } from './panel-port.js';

interface FlexTask {
  readonly sid: string;
  readonly taskSid?: string;
  readonly taskChannelUniqueName?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

type Listener = (payload: { readonly task?: FlexTask }) => void;

/** What of `Flex.Actions` in `@twilio/flex-ui` is used. */
export interface FlexActions {
  addListener(event: string, listener: Listener): void;
  removeListener(event: string, listener: Listener): void;
}

/**
 * In a plugin of Twilio Flex: shows the voice task that is accepted, by its attributes `customerId` and `direction`, and
 * the number that it came to or goes out from.
 *
 * @returns what ends it
 */
export function connectFlex(actions: FlexActions, panel: PanelPort): () => void {
  const accepted: Listener = ({ task }) => {
    if (!task || (task.taskChannelUniqueName ?? 'voice') !== 'voice') return;
    const { attributes } = task;
    const direction = attributes['direction'] === 'outbound' ? 'outbound' : 'inbound';
    panel.show({
      customerId: text(attributes['customerId']),
      direction,
      line: text(attributes[direction === 'outbound' ? 'from' : 'called']),
      externalId: task.taskSid ?? task.sid,
      externalSystem: 'flex',
    });
  };
  const completed: Listener = () => panel.clear();
  actions.addListener('afterAcceptTask', accepted);
  actions.addListener('afterCompleteTask', completed);
  return () => {
    actions.removeListener('afterAcceptTask', accepted);
    actions.removeListener('afterCompleteTask', completed);
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
