// SPDX-License-Identifier: EUPL-1.2
// Every check of LiveKit's connection test, in the order of its page, each with the time it took.
import { ConnectionCheck } from 'livekit-client';

const CHECKS = [
  'Websocket',
  'WebRTC',
  'TURN',
  'Reconnect',
  'PublishAudio',
  'PublishVideo',
  'ConnectionProtocol',
  'CloudRegion',
];

window.connectionCheck = async (url, token) => {
  const whole = new ConnectionCheck(url, token);
  const seen = [];
  for (const name of CHECKS) {
    const begun = performance.now();
    const info = await whole[`check${name}`]();
    const status = ['idle', 'running', 'skipped', 'success', 'failed'][info.status] ?? info.status;
    const ms = Math.round(performance.now() - begun);
    seen.push({ name, status, ms, said: info.logs.map((line) => line.message) });
  }
  return seen;
};
