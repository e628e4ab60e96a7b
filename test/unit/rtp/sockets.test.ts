import { describeReceiver } from '../../support/receiver-contract.js';

describeReceiver('dgram');
