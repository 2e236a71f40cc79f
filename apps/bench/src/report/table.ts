/** A column of a table for the terminal. */
export interface Column<Row> {
  readonly title: string;
  /** Width in characters; longer texts of a left column are cut, longer ones of a right column push. */
  readonly width: number;
  readonly right?: boolean;
  of(row: Row): string;
}

/** Rows under a header, in columns of fixed width, so that a table can be printed row by row as it is measured. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], withHeader = true): string {
  const line = (text: (column: Column<Row>) => string) =>
    columns
      .map((column) => (column.right ? text(column).padStart(column.width) : cut(text(column), column.width)))
      .join(' ')
      .trimEnd();
  return [...(withHeader ? [line(({ title }) => title)] : []), ...rows.map((row) => line(({ of }) => of(row)))].join(
    '\n',
  );
}

const cut = (text: string, width: number) =>
  text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
