import { defineUnstructured } from '@secateur/preset-baseline';

/** WANDA as published (arXiv 2306.11695): single weights by size times input, row by row. Shapes stay. */
export default defineUnstructured('wanda', 'wanda');
