/** How the loss moves when a node group is thinned, everything else intact (LoRAShear Alg. 3). */
export interface KnowledgeRow {
  /** Group id. */
  readonly group: string;
  /** Mean rise of the loss over the tried ratios, nats per token. */
  readonly deviation: number;
  /** The rise per million removed parameters. */
  readonly perMillion: number;
  /** Left alone by pruning. */
  readonly protected: boolean;
}

export interface KnowledgeMap {
  readonly rows: readonly KnowledgeRow[];
}
