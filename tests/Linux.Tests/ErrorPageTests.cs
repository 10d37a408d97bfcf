using System.Globalization;
using System.Text;
using ReuseportPS.Engine.Tests;

namespace ReuseportPS.Linux.Tests;

/// <summary>Each code of the table of errors has a page with its rows. With REUSEPORTPS_UPDATE_DOCS=1 the pages are written.</summary>
public sealed class ErrorPageTests
{
    [Fact]
    public void Pages_say_what_the_table_says()
    {
        bool writes = Environment.GetEnvironmentVariable("REUSEPORTPS_UPDATE_DOCS") == "1";
        Assert.All(LinuxErrors.Table.GroupBy(row => row.Code), rows =>
        {
            string path = RepositoryRoot.Combine("docs", "diagnostics", rows.Key + ".md");
            if (writes)
            {
                File.WriteAllText(path, Page(rows.Key, [.. rows]));
            }

            Assert.Equal(Page(rows.Key, [.. rows]), File.ReadAllText(path).ReplaceLineEndings("\n"));
        });
    }

    private static string Page(string code, LinuxError[] rows)
    {
        StringBuilder page = new();
        string operations = string.Join(", ", rows.Select(row => row.Operation.Length == 0 ? "any operation" : row.Operation).Distinct());
        string errors = string.Join(", ", rows.Select(row => LinuxErrors.Name(row.Errno)).Distinct());
        page.Append(CultureInfo.InvariantCulture, $"# {code}: {operations}: {errors}\n\nSeverity: error\n");
        foreach (LinuxError row in rows)
        {
            string what = row.Operation.Length == 0 ? "An operation" : row.Scope.Length == 0 ? row.Operation : $"{row.Operation} of a {row.Scope}";
            page.Append(CultureInfo.InvariantCulture, $"\n{what} fails with {LinuxErrors.Name(row.Errno)}: {row.Cause}.\n\nWhat to do: {row.Remedy}\n");
        }

        return page.ToString();
    }
}
