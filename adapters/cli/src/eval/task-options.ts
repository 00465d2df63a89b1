import { Option } from 'commander';
import { wholeNumber } from '../options.js';
import { taskData } from './chosen-tasks.js';

export const tasksOption = (): Option =>
  new Option('--tasks <names>', 'tasks, zero-shot: all questions, or names with commas between them');

export const dataOption = (): Option =>
  new Option(
    '--data <task=file>',
    'rows of a task: a file, JSON Lines, JSON or Parquet, or hf:owner/dataset; repeatable. "hub" alone fetches those of all other tasks',
  ).argParser(taskData);

export const limitOption = (): Option =>
  new Option('--limit <items>', 'items of each task, the first ones (default: all)').argParser(
    wholeNumber(2),
  );
