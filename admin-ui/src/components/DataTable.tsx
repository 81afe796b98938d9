import {
  Button,
  Center,
  Checkbox,
  Skeleton,
  Table,
  Text,
  UnstyledButton,
  VisuallyHidden,
} from '@mantine/core';
import { ArrowDown, ArrowUp, ChevronsUpDown } from 'lucide-react';
import type { ReactNode } from 'react';

export interface Column<T> {
  name: string;
  cell: (row: T) => ReactNode;
  /** What the server calls it when it can sort by it. */
  sort?: string;
  align?: 'right';
}

export interface Sorting {
  by: string;
  order: 'asc' | 'desc';
  onSort: (by: string, order: 'asc' | 'desc') => void;
}

export interface Selection {
  ids: ReadonlySet<string>;
  onSelect: (ids: ReadonlySet<string>) => void;
}

interface Props<T> {
  /** What the rows are, for screen readers. */
  label: string;
  columns: readonly Column<T>[];
  /** Undefined while they are fetched. */
  rows: readonly T[] | undefined;
  rowId: (row: T) => string;
  rowName?: (row: T) => string;
  onRow?: (row: T) => void;
  sorting?: Sorting;
  selection?: Selection;
  /** Pixels; on narrower screens the table scrolls inside its place. */
  minWidth?: number;
  empty: ReactNode;
  more?: { has: boolean; loading: boolean; fetch: () => void };
}

/** A table whose rows come from the server a page at a time. */
export function DataTable<T>(props: Props<T>) {
  const { label, columns, rows, rowId, sorting, selection, minWidth = 720, empty, more } = props;
  if (rows?.length === 0) return <>{empty}</>;
  const all = rows?.map(rowId) ?? [];
  return (
    <>
      <Table.ScrollContainer minWidth={minWidth} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table highlightOnHover={props.onRow !== undefined} verticalSpacing="xs" aria-label={label}>
          <Table.Thead>
            <Table.Tr>
              {selection !== undefined && (
                <Table.Th w={36}>
                  <Checkbox
                    aria-label="Select all that are shown"
                    checked={all.length > 0 && all.every((id) => selection.ids.has(id))}
                    indeterminate={selection.ids.size > 0 && !all.every((id) => selection.ids.has(id))}
                    onChange={(event) => selection.onSelect(new Set(event.currentTarget.checked ? all : []))}
                  />
                </Table.Th>
              )}
              {columns.map((column) => (
                <Header key={column.name} column={column} sorting={sorting} />
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows === undefined
              ? Array.from({ length: 6 }, (_, index) => (
                  <SkeletonRow key={index} cells={columns.length + (selection === undefined ? 0 : 1)} />
                ))
              : rows.map((row) => <Row key={rowId(row)} row={row} {...props} />)}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {more?.has === true && (
        <Center mt="md">
          <Button variant="default" loading={more.loading} onClick={more.fetch}>
            Load more
          </Button>
        </Center>
      )}
    </>
  );
}

function Row<T>({ row, columns, rowId, rowName, onRow, selection }: Props<T> & { row: T }) {
  const id = rowId(row);
  return (
    <Table.Tr
      bg={selection?.ids.has(id) === true ? 'var(--mantine-primary-color-light)' : undefined}
      className={onRow === undefined ? undefined : 'clickable'}
      onClick={onRow === undefined ? undefined : (event) => clicked(event.target as Element) && onRow(row)}
    >
      {selection !== undefined && (
        <Table.Td>
          <Checkbox
            aria-label={`Select ${rowName?.(row) ?? id}`}
            checked={selection.ids.has(id)}
            onChange={(event) => selection.onSelect(toggled(selection.ids, id, event.currentTarget.checked))}
          />
        </Table.Td>
      )}
      {columns.map((column) => (
        <Table.Td key={column.name} ta={column.align}>
          {column.cell(row)}
        </Table.Td>
      ))}
    </Table.Tr>
  );
}

/** A click on a row counts unless it was for something in it; the keyboard has the link in the first column. */
function clicked(target: Element): boolean {
  return (
    target.closest('a, button, input, label, [role=menu]') === null &&
    window.getSelection()?.isCollapsed !== false
  );
}

function toggled(ids: ReadonlySet<string>, id: string, on: boolean): ReadonlySet<string> {
  const next = new Set(ids);
  if (on) next.add(id);
  else next.delete(id);
  return next;
}

function Header<T>({ column, sorting }: { column: Column<T>; sorting: Sorting | undefined }) {
  const by = column.sort;
  if (by === undefined || sorting === undefined)
    return (
      <Table.Th ta={column.align}>
        {column.name === 'Actions' ? <VisuallyHidden>{column.name}</VisuallyHidden> : column.name}
      </Table.Th>
    );
  const active = sorting.by === by;
  const Icon = !active ? ChevronsUpDown : sorting.order === 'asc' ? ArrowUp : ArrowDown;
  return (
    <Table.Th
      ta={column.align}
      aria-sort={!active ? undefined : sorting.order === 'asc' ? 'ascending' : 'descending'}
    >
      <UnstyledButton
        className="sort"
        onClick={() => sorting.onSort(by, active && sorting.order === 'asc' ? 'desc' : 'asc')}
      >
        <Text span inherit>
          {column.name}
        </Text>
        <Icon size={14} aria-hidden />
      </UnstyledButton>
    </Table.Th>
  );
}

function SkeletonRow({ cells }: { cells: number }) {
  return (
    <Table.Tr>
      {Array.from({ length: cells }, (_, index) => (
        <Table.Td key={index}>
          <Skeleton height={14} my={4} />
        </Table.Td>
      ))}
    </Table.Tr>
  );
}
