/** Something of each tenant, as it is now. */
export interface TenantValues<Value> {
  get(id: string): Value | undefined;
  has(id: string): boolean;
}
