import { execFile } from 'node:child_process';
import { constants, open as openCallback } from 'node:fs';
import { chmod, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { quote } from '../../core/shell-quoting.js';

/** Answers one of ssh's questions; undefined: it is not answered. */
export type AnswerPrompt = (prompt: string) => Promise<string | undefined>;

export interface Askpass {
  /** For ssh. Holds no secret: names of files only. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const openDescriptor = promisify(openCallback);

const MAX_PROMPT_BYTES = 16 * 1024;

/**
 * Lets ssh ask this process for a password (ssh(1), SSH_ASKPASS). ssh's question and the answer go through two named pipes in a private directory: nothing
 * of them touches a disk, an argument list or an environment.
 *
 * @param parent a directory of this user's own from which programs may be run
 */
export async function openAskpass(parent: string, answer: AnswerPrompt): Promise<Askpass> {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const directory = await mkdtemp(join(parent, 'askpass-'));
  const [program, prompts, answers] = ['askpass', 'prompt', 'answer'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  try {
    await promisify(execFile)('mkfifo', ['-m', '600', prompts, answers]);
    await writeFile(program, programText(prompts, answers), { mode: 0o700 });
    await chmod(program, 0o700);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
  // Open at both ends: ssh may ask several times, and never has to wait for us to open.
  const flags = constants.O_RDWR | constants.O_NONBLOCK;
  const replies = await open(answers, flags);
  // A bare descriptor: the socket closes it, and a FileHandle would close it a second time, whosever it is by then.
  const socket = new Socket({ fd: await openDescriptor(prompts, flags), readable: true, writable: false });
  const reply = (text: string): Promise<unknown> => replies.write(text);
  let heard = Buffer.alloc(0);
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    heard = Buffer.concat([heard, chunk]).subarray(-MAX_PROMPT_BYTES);
    for (let end = heard.indexOf(0); end !== -1; end = heard.indexOf(0)) {
      const prompt = heard.subarray(0, end).toString('utf8');
      heard = heard.subarray(end + 1);
      void answer(prompt)
        .catch(() => undefined)
        .then((given) => reply(given === undefined || /[\n\0]/.test(given) ? 'no\n' : `yes${given}\n`))
        .catch(() => undefined);
    }
  });
  return {
    // The display is for an ssh older than 8.4, which asks only where it believes to have one.
    environment: { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: 'holdfast' },
    close: async () => {
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.destroy();
      await closed;
      await replies.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** `read` and `printf` are the shell's own: the answer stands in no process's arguments. */
const programText = (prompts: string, answers: string): string =>
  [
    '#!/bin/sh',
    `printf '%s\\0' "$1" >${quote(prompts)}`,
    `IFS= read -r answer <${quote(answers)}`,
    `case $answer in yes*) printf '%s\\n' "\${answer#yes}" ;; *) exit 1 ;; esac`,
    '',
  ].join('\n');
