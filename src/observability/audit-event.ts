/** Of which version of the Open Cybersecurity Schema Framework the events are. */
const OCSF_VERSION = '1.3.0';
const APPLICATION_ACTIVITY = 6;
const API_ACTIVITY = 6003;
const INFORMATIONAL = 1;

/** What a request did with what it is about, by the numbers of the schema. */
export const ACTIVITIES = { create: 1, read: 2, update: 3, delete: 4 } as const;
export type Activity = keyof typeof ACTIVITIES;

/** A request of somebody who is known, when it is over. */
export interface AuditedRequest {
  readonly requestId: string;
  /** The operation in the OpenAPI document. */
  readonly operation: string;
  readonly method: string;
  readonly activity: Activity;
  readonly status: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly tenantId: string;
  readonly subject: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly address: string | undefined;
  /** The ids of what it names, by the kind of thing. */
  readonly resources: readonly { readonly type: string; readonly uid: string }[];
}

/**
 * The event of a request in OCSF, class API Activity (6003): who did what with which record, and whether it was let. It holds
 * ids and nothing else of anybody: no name, no number, no text that was sent.
 */
export function auditEvent(request: AuditedRequest): object {
  const activity = ACTIVITIES[request.activity];
  const isDone = request.status < 400;
  return {
    metadata: {
      version: OCSF_VERSION,
      product: { name: 'Countersign', vendor_name: 'Countersign' },
      tenant_uid: request.tenantId,
      correlation_uid: request.requestId,
    },
    category_uid: APPLICATION_ACTIVITY,
    class_uid: API_ACTIVITY,
    activity_id: activity,
    type_uid: API_ACTIVITY * 100 + activity,
    severity_id: INFORMATIONAL,
    time: request.at,
    status_id: isDone ? 1 : 2,
    status_code: String(request.status),
    actor: {
      user: { uid: request.subject, groups: request.scopes.map((name) => ({ name })) },
      app_uid: request.clientId,
    },
    api: {
      operation: request.operation,
      service: { name: 'countersign' },
      request: { uid: request.requestId },
      response: { code: request.status },
    },
    src_endpoint: request.address === undefined ? { name: 'unknown' } : { ip: request.address },
    http_request: { http_method: request.method },
    http_response: { code: request.status },
    ...(request.resources.length > 0 ? { resources: request.resources } : {}),
  };
}
