using System.Management.Automation;
using ReuseportPS.Shell;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Remove, "Item", DefaultParameterSetName = "Path", SupportsShouldProcess = true)]
public sealed class RemoveItemCommand : ItemCommand
{
    private bool _yesToAll;
    private bool _noToAll;

    [Parameter]
    public SwitchParameter Recurse { get; set; }

    protected override object? ProviderParameters(object context) =>
        EngineInternals.RemoveItemDynamicParameters(InvokeProvider.Item, FirstPath, Recurse, context);

    protected override void ProcessRecord()
    {
        foreach (string path in Path)
        {
            object context = NewContext();
            if (Recurse)
            {
                // The filters of a recursive removal choose among what is below the path, not the path.
                SetFilters(context, include: null, exclude: null, filter: null);
            }

            foreach (PathInfo resolved in ResolvePaths(path, context))
            {
                Try(() => Remove(resolved));
            }
        }
    }

    private void Remove(PathInfo resolved)
    {
        object context = NewContext();
        object state = EngineInternals.GetInternal(SessionState);
        if (EngineInternals.IsCurrentLocationOrAncestor(SessionState.Path, resolved.Path, context))
        {
            WriteError(new ErrorRecord(
                new PSInvalidOperationException($"Cannot remove the item at '{resolved.Path}' because it is in use."), "InvalidOperation", ErrorCategory.InvalidOperation, resolved.Path));
            return;
        }

        bool isLink = resolved.Provider.Name == "FileSystem" && new DirectoryInfo(resolved.ProviderPath).LinkTarget is not null;
        bool recurse = Recurse && !isLink;
        if (!isLink && !Recurse && EngineInternals.HasChildItems(state, resolved.Provider.Name, resolved.ProviderPath, context))
        {
            string question = $"The item at {resolved.ProviderPath} has children and the Recurse parameter was not specified. "
                + "If you continue, all children will be removed with the item. Are you sure you want to continue?";
            if (!ShouldContinue(question, caption: null, ref _yesToAll, ref _noToAll))
            {
                return;
            }

            recurse = true;
        }

        EngineInternals.RemoveItem(state, resolved.Provider.Name, resolved.ProviderPath, recurse, context);
    }
}
