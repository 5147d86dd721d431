/** How the embedded server is set up, where nobody says otherwise. */
export const SETTINGS: Readonly<Record<string, string>> = {
  max_connections: '100',
  shared_buffers: '128MB',
  // After a kill what was written since the last checkpoint is replayed, and every file is synced before that: a service that waits for it gives no verdict.
  checkpoint_timeout: '1min',
  ...(process.platform === 'linux' ? { recovery_init_sync_method: 'syncfs' } : {}),
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  // Failed statements and the keys in error details can hold personal data; the client is told them, the log is not.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
};

/** These make the server private and are not open to change. */
export const FIXED: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  password_encryption: 'scram-sha-256',
  logging_collector: 'off',
  log_destination: 'stderr',
};
