using System.Text;

namespace ReuseportPS.Engine.Scenarios.Documents;

/// <summary>The actions as a page in Markdown, made from the table that the parser reads by.</summary>
public static class ScenarioPage
{
    /// <summary>One section for each action; lines end with LF.</summary>
    public static string WriteActions()
    {
        StringBuilder page = new();
        foreach (ActionDefinition action in ActionTable.All.Values)
        {
            page.Append("### ").Append(action.Key).Append("\n\n").Append(action.Description).Append("\n\n| key | value | |\n|---|---|---|\n");
            foreach (ActionField field in action.Fields)
            {
                page.Append("| `").Append(field.Key).Append('`').Append(field.IsRequired ? " (required)" : "").Append(" | ").Append(field.Kind.Expected).Append(" | ").Append(field.Description).Append(" |\n");
            }

            page.Append('\n');
        }

        return page.ToString();
    }
}
