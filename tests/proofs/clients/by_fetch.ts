// Drives a project by the typescript-fetch client of openapi-generator. Run with one argument: the scenario, in JSON.
// It is compiled beside that client, with --strict, and run by Node.
import { CommandsApi, Configuration, MaterialsApi, ProjectsApi, ResponseError } from "./typescript/index";
import type { AnyCommand, Receipt } from "./typescript/index";

declare const process: { argv: string[]; exit(status: number): never };

type Scenario = {
  address: string;
  project: string;
  item: string;
  uscc: string;
  paper: string;
  keys: { [name: string]: string };
};

const scenario = JSON.parse(process.argv[2] ?? "{}") as Scenario;
const { project, item } = scenario;
const as = (name: string) => new Configuration({ basePath: scenario.address, accessToken: scenario.keys[name] ?? "" });

function give(by: string, command: AnyCommand, again = ""): Promise<Receipt> {
  const key = `${project}-${command.command}${again}`;
  return new CommandsApi(as(by)).postCommand({ projectId: project, idempotencyKey: key, anyCommand: command });
}

async function refused(by: string, command: AnyCommand): Promise<string> {
  try {
    await give(by, command, "-again");
  } catch (failure) {
    if (failure instanceof ResponseError) {
      return ((await failure.response.json()) as { code: string }).code;
    }
    throw failure;
  }
  throw new Error("the second delivery was carried out");
}

async function drive(): Promise<object> {
  await give("manager", {
    command: "register_project",
    name: "typescript-fetch",
    enterprise: { name: "Hengxin", uscc: scenario.uscc },
    manager: "manager",
    items: [{ item, department: "land" }],
  });
  await give("applicant", { command: "submit_item", item });
  const paper = new Blob([scenario.paper], { type: "application/pdf" });
  const stored = await new MaterialsApi(as("applicant")).uploadMaterial({ body: paper });
  const { digest, mediaType, size } = stored;
  await give("applicant", { command: "attach_material", digest, name: "plan.pdf", mediaType, size, items: [item] });
  await give("land", { command: "accept_item", item });
  await give("land", { command: "ask_countersignature", item, departments: ["fire"] });
  await give("fire", { command: "countersign", item, opinion: "agreed" });
  await give("land", { command: "complete_item", item, outcome: "granted" });
  const delivery: AnyCommand = { command: "deliver_decision", item, method: "window" };
  const receipt = await give("land", delivery);
  const state = await new ProjectsApi(as("manager")).getProject({ projectId: project });
  const papers = await new MaterialsApi(as("manager")).listMaterials({ projectId: project });
  return {
    stage: state.items[0]?.stage,
    version: receipt.version,
    papers: papers.materials.map((each) => each.digest === digest),
    refused: await refused("land", delivery),
  };
}

drive().then(
  (done) => console.log(JSON.stringify(done)),
  async (failure) => {
    console.error(failure, failure instanceof ResponseError ? await failure.response.text() : "");
    process.exit(1);
  },
);
