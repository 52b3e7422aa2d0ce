// KMS, Step Functions and SES as far as a page for each of their faults needs them. How the service treats them in full is
// tested elsewhere, against stricter stand-ins (tests/support/aws.rs).

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-4333-8444-555555555555';

/** What Step Functions does with a token that begins with a name, attempt by attempt; the last goes on for ever. */
const TASKS = {
  unconfirmed: ['lose', 'TaskTimedOut'],
  unsure: ['lose'],
  later: ['ThrottlingException'],
  fault: ['AccessDeniedException'],
};

/** What KMS says to a data key that was made while `mode` had a name. */
const KEYS = { gone: 'NotFoundException', disabled: 'DisabledException' };

/** Starts both; `mode` is changed by whoever makes links. */
export async function startAws() {
  const stub = { mode: 'ok', mails: [] };
  const dataKeys = new Map();
  const attempts = new Map();
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    // A connection is asked whether it still leads here.
    if (request.url === '/ping') return response.end('healthy');
    const body = JSON.parse(Buffer.concat(chunks).toString());
    const answer = (status, object) => {
      response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(object));
    };
    const refuse = (code) => answer(400, { __type: code, message: code });
    if (request.url === '/v2/email/outbound-emails') {
      stub.mails.push(Buffer.from(body.Content.Raw.Data, 'base64').toString());
      return answer(200, { MessageId: randomBytes(16).toString('hex') });
    }
    switch (request.headers['x-amz-target']) {
      case 'TrentService.GenerateDataKey': {
        const plain = randomBytes(32).toString('base64');
        const wrapped = Buffer.from(`${stub.mode}:${randomBytes(90).toString('hex')}`).toString('base64');
        dataKeys.set(wrapped, plain);
        return answer(200, { CiphertextBlob: wrapped, Plaintext: plain, KeyId: KEY });
      }
      case 'TrentService.Decrypt': {
        const wrapped = body.CiphertextBlob;
        const code = KEYS[Buffer.from(wrapped, 'base64').toString().split(':')[0]];
        if (code) return refuse(code);
        return answer(200, { Plaintext: dataKeys.get(wrapped), KeyId: KEY });
      }
      default: {
        const steps = TASKS[body.taskToken.split('-')[0]] ?? ['ok'];
        const made = attempts.get(body.taskToken) ?? 0;
        attempts.set(body.taskToken, made + 1);
        const step = steps[Math.min(made, steps.length - 1)];
        if (step === 'lose') return request.socket.destroy();
        return step === 'ok' ? answer(200, {}) : refuse(step);
      }
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  stub.options = ['--kms-key', KEY];
  stub.settings = {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    // Each link has a data key of its own, and nobody remembers it.
    DATA_KEY_MAX_USES: '1',
    DATA_KEY_MAX_AGE: '0',
    DECRYPT_CACHE_MAX_AGE: '0',
  };
  stub.stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return stub;
}
