// What users of the vendor's Node.js SDK write; prints what they get as JSON.
// Only the address and the key say where the service is: node user.cjs RECORDING UNHEARABLE
const { AssemblyAI } = require("assemblyai");

const client = new AssemblyAI({ apiKey: process.env.API_KEY, baseUrl: process.env.BASE_URL });
const often = { pollingInterval: 50 };

async function alone(recording) {
  const transcript = await client.transcripts.transcribe({ audio: recording }, often);
  const { id } = transcript;
  return {
    status: transcript.status,
    text: transcript.text,
    words: transcript.words.length,
    model: transcript.speech_model_used,
    paragraphs: (await client.transcripts.paragraphs(id)).paragraphs.map((one) => one.text),
    sentences: (await client.transcripts.sentences(id)).sentences.map((one) => one.text),
    srt: await client.transcripts.subtitles(id),
    vtt: await client.transcripts.subtitles(id, "vtt", 20),
    found: (await client.transcripts.wordSearch(id, ["hello", "how are"])).total_count,
    deleted: (await client.transcripts.delete(id)).text,
  };
}

async function withOptions(recording) {
  const options = {
    speech_models: ["universal-3-5-pro", "universal-2"],
    multichannel: true,
    punctuate: false,
    custom_spelling: [{ from: ["hello"], to: "HOWDY" }],
  };
  const submitted = await client.transcripts.submit({ audio: recording, ...options });
  const transcript = await client.transcripts.waitUntilReady(submitted.id, often);
  return transcript.utterances.map((turn) => [turn.channel, turn.text]);
}

async function refused(recording) {
  try {
    await client.transcripts.submit({ audio: recording, summarization: true });
  } catch (error) {
    return error.message;
  }
  return "nothing was refused";
}

async function failed(recording) {
  const transcript = await client.transcripts.transcribe({ audio: recording }, often);
  return [transcript.status, transcript.error];
}

async function listed() {
  const found = [];
  let page = await client.transcripts.list({ limit: 2 });
  for (;;) {
    found.push(...page.transcripts.map((one) => one.status));
    if (!page.page_details.prev_url) return found;
    page = await client.transcripts.list(page.page_details.prev_url);
  }
}

async function main(recording, unhearable) {
  const told = { alone: await alone(recording), turns: await withOptions(recording) };
  told.refused = await refused(recording);
  told.failed = await failed(unhearable);
  told.listed = await listed();
  console.log(JSON.stringify(told));
}

main(...process.argv.slice(2));
