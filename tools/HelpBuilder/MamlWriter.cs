using System.Management.Automation;
using System.Xml.Linq;

namespace ReuseportPS.HelpBuilder;

/// <summary>Joins the prose of the pages with what the engine knows of the cmdlets into MAML, the format that Get-Help reads.</summary>
internal static class MamlWriter
{
    private static readonly XNamespace s_msh = "http://msh";
    private static readonly XNamespace s_maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace s_command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace s_dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    private static readonly HashSet<string> s_common =
        [.. Cmdlet.CommonParameters, .. Cmdlet.OptionalCommonParameters.Except(["WhatIf", "Confirm"], StringComparer.Ordinal)];

    /// <summary>The help of every command; a page, a synopsis, an example or a parameter's text that is missing is an error.</summary>
    public static string Write(IReadOnlyList<CmdletInfo> commands, string docs, List<string> errors)
    {
        XElement root = new(s_msh + "helpItems", new XAttribute("schema", "maml"),
            new XAttribute(XNamespace.Xmlns + "maml", s_maml), new XAttribute(XNamespace.Xmlns + "command", s_command),
            new XAttribute(XNamespace.Xmlns + "dev", s_dev));
        foreach (CmdletInfo command in commands)
        {
            string path = Path.Combine(docs, command.Name + ".md");
            HelpPage? page = HelpPage.Read(path);
            if (page is null)
            {
                errors.Add($"{path}: error: {command.Name} has no page.");
            }
            else
            {
                root.Add(Command(command, page, errors));
            }
        }

        return new XDeclaration("1.0", "utf-8", standalone: null) + Environment.NewLine + root;
    }

    private static XElement Command(CmdletInfo command, HelpPage page, List<string> errors)
    {
        Dictionary<string, HelpSection> texts = page.Under("PARAMETERS").ToDictionary(section => section.Title.TrimStart('-'), StringComparer.Ordinal);
        foreach (string unknown in texts.Keys.Except(command.Parameters.Keys, StringComparer.Ordinal))
        {
            errors.Add($"{page.Path}: error: {command.Name} has no parameter -{unknown}.");
        }

        List<string> Required(string title)
        {
            List<string>? paragraphs = page.Find(title)?.Paragraphs;
            if (paragraphs is not { Count: > 0 })
            {
                errors.Add($"{page.Path}: error: no text under '## {title}'.");
            }

            return paragraphs ?? [];
        }

        List<string> synopsis = Required("SYNOPSIS");
        HelpSection[] examples = [.. page.Under("EXAMPLES")];
        if (examples.Length == 0 || examples.Any(example => example.Code.Count == 0))
        {
            errors.Add($"{page.Path}: error: no example, or one without code.");
        }

        string[] parts = command.Name.Split('-');
        ParameterMetadata[] parameters =
            [.. command.Parameters.Values.Where(parameter => !s_common.Contains(parameter.Name)).OrderBy(parameter => parameter.Name, StringComparer.Ordinal)];
        return new XElement(s_command + "command",
            new XElement(s_command + "details",
                new XElement(s_command + "name", command.Name),
                new XElement(s_command + "verb", parts[0]),
                new XElement(s_command + "noun", parts[1]),
                Paragraphs(s_maml + "description", synopsis)),
            Paragraphs(s_maml + "description", Required("DESCRIPTION")),
            new XElement(s_command + "syntax", command.ParameterSets.Select(set => new XElement(s_command + "syntaxItem",
                new XElement(s_maml + "name", command.Name),
                set.Parameters.Where(parameter => !s_common.Contains(parameter.Name))
                    .OrderBy(parameter => parameter.Position < 0 ? int.MaxValue : parameter.Position)
                    .ThenByDescending(parameter => parameter.IsMandatory)
                    .Select(parameter => Parameter(
                        parameter.Name, parameter.ParameterType, parameter.IsMandatory, parameter.Position, Pipeline(parameter),
                        [], []))))),
            new XElement(s_command + "parameters", parameters.Select(parameter => Describe(command, parameter, texts, page, errors))),
            new XElement(s_command + "inputTypes", Types("inputType", page.Find("INPUTS"))),
            new XElement(s_command + "returnValues", command.OutputType.Select(type => new XElement(s_command + "returnValue",
                new XElement(s_dev + "type", new XElement(s_maml + "name", type.Name)),
                Paragraphs(s_maml + "description", page.Find("OUTPUTS")?.Paragraphs ?? [])))),
            new XElement(s_command + "examples", examples.Select(example => new XElement(s_command + "example",
                new XElement(s_maml + "title", example.Title),
                new XElement(s_dev + "code", string.Join(Environment.NewLine, example.Code)),
                Paragraphs(s_dev + "remarks", example.Paragraphs)))));
    }

    private static XElement Describe(
        CmdletInfo command, ParameterMetadata parameter, Dictionary<string, HelpSection> texts, HelpPage page, List<string> errors)
    {
        List<string> text = texts.GetValueOrDefault(parameter.Name)?.Paragraphs ?? parameter.Name switch
        {
            "WhatIf" => ["Shows what would happen; nothing is changed."],
            "Confirm" => ["Asks before the change."],
            _ => [],
        };
        if (text.Count == 0)
        {
            errors.Add($"{page.Path}: error: no text for -{parameter.Name} of {command.Name}.");
        }

        ParameterSetMetadata set = parameter.ParameterSets.Values.First();
        string pipeline = (set.ValueFromPipeline, set.ValueFromPipelineByPropertyName) switch
        {
            (true, true) => "True (ByValue, ByPropertyName)",
            (true, false) => "True (ByValue)",
            (false, true) => "True (ByPropertyName)",
            _ => "False",
        };
        return Parameter(
            parameter.Name, parameter.ParameterType, parameter.ParameterSets.Values.All(each => each.IsMandatory), set.Position, pipeline,
            text, parameter.Aliases);
    }

    private static XElement Parameter(
        string name, Type type, bool mandatory, int position, string pipeline, IReadOnlyList<string> text, IEnumerable<string> aliases)
    {
        Type shown = Nullable.GetUnderlyingType(type) ?? type;
        return new XElement(s_command + "parameter",
            new XAttribute("required", mandatory ? "true" : "false"),
            new XAttribute("variableLength", "true"),
            new XAttribute("globbing", "false"),
            new XAttribute("pipelineInput", pipeline),
            new XAttribute("position", position < 0 ? "named" : position),
            new XAttribute("aliases", string.Join(", ", aliases) is { Length: > 0 } list ? list : "none"),
            new XElement(s_maml + "name", name),
            Paragraphs(s_maml + "description", text),
            shown == typeof(SwitchParameter) ? null : new XElement(s_command + "parameterValue",
                new XAttribute("required", "true"), new XAttribute("variableLength", "true"), shown.Name),
            new XElement(s_dev + "type", new XElement(s_maml + "name", shown.Name)));
    }

    private static string Pipeline(CommandParameterInfo parameter) =>
        parameter.ValueFromPipeline || parameter.ValueFromPipelineByPropertyName ? "True" : "False";

    private static IEnumerable<XElement> Types(string element, HelpSection? section) =>
        (section?.Paragraphs ?? []).Select(paragraph => new XElement(s_command + element,
            new XElement(s_dev + "type", new XElement(s_maml + "name", paragraph))));

    private static XElement Paragraphs(XName name, IEnumerable<string> text) =>
        new(name, text.Select(paragraph => new XElement(s_maml + "para", paragraph)));
}
