// Preloaded into peers that would listen on all addresses.
import { Server } from 'node:net';

const { listen } = Server.prototype;
Server.prototype.listen = function (where, ...rest) {
  const port = typeof where === 'object' ? where.port : where;
  return listen.call(this, { port, host: '127.0.0.1' }, ...rest.filter((one) => typeof one === 'function'));
};
