/** `help`: of a command, or a short form of a page of docs/. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { excerptOf, pageText } from '../../report/markdown.js';
import { wrapText } from '../../report/wrap.js';
import { didYouMean } from '../../validation/did-you-mean.js';
import { UsageError } from '../exit-codes.js';
import { type Io, show } from '../io.js';
import { styleOf } from '../style.js';
import { type Topic, topicNames, topics } from '../topics.js';

const helpOf = async (io: Io, { page, section }: Topic): Promise<void> => {
  const file = fileURLToPath(new URL(`../../../docs/${page}`, import.meta.url));
  const { text, others } = excerptOf(await readFile(file, 'utf8'), section ?? null);
  const more = others.length === 0 ? '' : ` It goes on with: ${others.join(', ')}.`;
  show(io, `${pageText(text, styleOf(io.stdout, io.env))}\n\nThe whole page: ${file}.${more}`);
};

const helpCommand = async (io: Io, program: Command, word: string | undefined): Promise<void> => {
  if (word === undefined) {
    program.outputHelp();
    return;
  }
  const command = program.commands.find((one) => one.name() === word);
  const topic = topics.find(({ name }) => name === word);
  if (topic !== undefined) await helpOf(io, topic);
  else if (command !== undefined) command.outputHelp();
  else {
    const known = [...program.commands.map((one) => one.name()), ...topicNames];
    throw new UsageError(
      `There is no command or topic ${word}${didYouMean(word, known)}. Topics: ${topicNames.join(', ')}.`,
    );
  }
};

export const registerHelp = (program: Command, io: Io): void => {
  program
    .command('help')
    .description('help for a command, or a short form of a page of the documentation')
    .argument('[command-or-topic]', 'a command, or one of the topics below')
    .addHelpText('after', () => {
      const lines = topics.map(({ name, summary }) => `  ${name.padEnd(17)}${summary}`).join('\n');
      return `\nTopics:\n${wrapText(lines, styleOf(io.stdout, io.env).width, ' '.repeat(17))}`;
    })
    .action((word: string | undefined) => helpCommand(io, program, word));
};
