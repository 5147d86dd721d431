export { CountersignCheck } from './countersign-check.js';
export { CountersignCustomer } from './countersign-customer.js';
export { CountersignOffline } from './countersign-offline.js';
export { loadWording, type Wording } from './messages/messages.js';
