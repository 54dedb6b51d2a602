// build.mjs bundles the file that such a name names, and gives its text.
declare module "worker:*" {
  const text: string;
  export default text;
}
