using ReuseportPS.HelpBuilder;

if (args.Length != 2)
{
    Console.Error.WriteLine("usage: HelpBuilder MODULE_FOLDER DOCS_FOLDER");
    return 2;
}

string module = Path.GetFullPath(args[0]);
string docs = Path.GetFullPath(args[1]);
List<string> errors = [];
string xml = MamlWriter.Write(ModuleCommands.Read(Path.Combine(module, "ReuseportPS.psd1")), docs, errors);
foreach (string error in errors)
{
    Console.Error.WriteLine($"{error}");
}

if (errors.Count > 0)
{
    return 1;
}

string folder = Path.Combine(module, "en-US");
Directory.CreateDirectory(folder);
File.WriteAllText(Path.Combine(folder, "ReuseportPS.dll-Help.xml"), xml);
foreach (string topic in Directory.GetFiles(docs, "about_*.md"))
{
    File.Copy(topic, Path.Combine(folder, Path.GetFileNameWithoutExtension(topic) + ".help.txt"), overwrite: true);
}

return 0;
