import { Alert, Button, Group, Table, Text } from '@mantine/core';

export interface Difference {
  field: string;
  theirs: string;
  mine: string;
}

interface Props {
  differences: Difference[];
  saving: boolean;
  onTakeTheirs: () => void;
  onOverwrite: () => void;
}

/** Somebody else changed what is being edited: who edits chooses. */
export function Conflict({ differences, saving, onTakeTheirs, onOverwrite }: Props) {
  return (
    <Alert color="orange" title="Somebody else changed this meanwhile" role="alert">
      <Text size="sm">Nothing of yours was saved yet. This is where the two of you differ:</Text>
      <Table.ScrollContainer minWidth={320} mt="xs">
        <Table aria-label="Differences">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Field</Table.Th>
              <Table.Th>Theirs</Table.Th>
              <Table.Th>Yours</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {differences.map(({ field, theirs, mine }) => (
              <Table.Tr key={field}>
                <Table.Th scope="row">{field}</Table.Th>
                <Table.Td className="breakable">{theirs}</Table.Td>
                <Table.Td className="breakable">{mine}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Group mt="sm" gap="xs">
        <Button variant="default" size="xs" onClick={onTakeTheirs}>
          Take theirs
        </Button>
        <Button color="red" size="xs" loading={saving} onClick={onOverwrite}>
          Overwrite with mine
        </Button>
      </Group>
    </Alert>
  );
}
