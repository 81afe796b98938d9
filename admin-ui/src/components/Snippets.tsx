import { Tabs, Text } from '@mantine/core';
import { CodeBlock } from './CodeBlock';

interface Props {
  /** The secret, or a placeholder for it. */
  apiKey: string;
  model: string;
}

/** How to call the gateway, ready to paste. */
export function Snippets({ apiKey, model }: Props) {
  const all = snippets(`${window.location.origin}/v1`, apiKey, model);
  return (
    <Tabs defaultValue="curl" keepMounted={false}>
      <Tabs.List aria-label="Ways to call the gateway">
        {all.map(({ name }) => (
          <Tabs.Tab key={name} value={name}>
            {name}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {all.map(({ name, code, hint }) => (
        <Tabs.Panel key={name} value={name} pt="sm">
          {hint !== undefined && (
            <Text size="sm" c="dimmed" mb="xs">
              {hint}
            </Text>
          )}
          <CodeBlock code={code} what={name === 'curl' ? 'the curl command' : `what ${name} needs`} />
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}

interface Snippet {
  name: string;
  hint?: string;
  code: string;
}

function snippets(address: string, apiKey: string, model: string): Snippet[] {
  const name = JSON.stringify(model);
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello!' }] });
  return [
    {
      name: 'curl',
      code: `curl ${address}/chat/completions \\
  -H "Authorization: Bearer ${apiKey}" \\
  -H "Content-Type: application/json" \\
  -d '${body.replaceAll("'", "'\\''")}'`,
    },
    {
      name: 'Python',
      hint: 'pip install openai',
      code: `from openai import OpenAI

client = OpenAI(base_url="${address}", api_key="${apiKey}")
reply = client.chat.completions.create(
    model=${name},
    messages=[{"role": "user", "content": "Hello!"}],
)
print(reply.choices[0].message.content)`,
    },
    {
      name: 'Node',
      hint: 'npm install openai',
      code: `import OpenAI from 'openai';

const client = new OpenAI({ baseURL: '${address}', apiKey: '${apiKey}' });
const reply = await client.chat.completions.create({
  model: ${name},
  messages: [{ role: 'user', content: 'Hello!' }],
});
console.log(reply.choices[0].message.content);`,
    },
    {
      name: 'Java',
      hint: 'com.openai:openai-java',
      code: `OpenAIClient client = OpenAIOkHttpClient.builder()
    .baseUrl("${address}")
    .apiKey("${apiKey}")
    .build();
ChatCompletion reply = client.chat().completions().create(
    ChatCompletionCreateParams.builder()
        .model(${name})
        .addUserMessage("Hello!")
        .build());
System.out.println(reply.choices().get(0).message().content().orElse(""));`,
    },
    {
      name: 'Open WebUI',
      hint: 'Settings of the administrator → Connections → OpenAI API → +, or these variables for its container:',
      code: `OPENAI_API_BASE_URL=${address}
OPENAI_API_KEY=${apiKey}`,
    },
  ];
}
