using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace ReuseportPS.Module.Tests.PesterStandIn;

/// <summary>The folder behind <c>$TestDrive</c> and <c>TestDrive:</c>: one per file, and what a block made in it goes with the block, as in Pester.</summary>
internal sealed class TestDrive : IDisposable
{
    private const string Name = "TestDrive";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pester-");

    public IReadOnlySet<string> Contents =>
        _folder.EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Select(entry => entry.FullName).ToHashSet(StringComparer.Ordinal);

    public void Map(Runspace runspace)
    {
        SessionStateProxy session = runspace.SessionStateProxy;
        PSDriveInfo drive = new(Name, session.Provider.GetOne("FileSystem"), _folder.FullName, "Pester test drive", credential: null);
        session.Drive.New(drive, "global");
        session.SetVariable(Name, _folder);
    }

    public void RemoveAllBut(IReadOnlySet<string> kept)
    {
        foreach (string entry in Contents.Except(kept).OrderDescending(StringComparer.Ordinal))
        {
            if (Directory.Exists(entry))
            {
                Directory.Delete(entry, recursive: true);
            }
            else
            {
                File.Delete(entry);
            }
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
