using System.Collections;
using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Internal;
using System.Management.Automation.Provider;
using System.Management.Automation.Runspaces;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.PowerShell.Commands.Internal.Format;

namespace ReuseportPS.Shell;

/// <summary>
/// The members of System.Management.Automation that pwsh's own host and cmdlets reach as friends of that assembly and that have no
/// public counterpart. Every access of the Shell to the engine's internals is here; a test touches each one, so that a new version
/// of the engine that lacks one fails there.
/// </summary>
internal static class EngineInternals
{
    private const string Engine = ", System.Management.Automation";
    private const string Context = "System.Management.Automation.CmdletProviderContext" + Engine;
    private const string State = "System.Management.Automation.SessionStateInternal" + Engine;
    private const string Formatting = "Microsoft.PowerShell.Commands.Internal.Format.";
    private const BindingFlags Instance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>Makes an error record point at the caller instead of at the cmdlet that writes it.</summary>
    public static void SetInvocation(ErrorRecord error, InvocationInfo invocation)
    {
        SetInvocationInfo(error, invocation);
        SetPreserveInvocationInfoOnce(error, true);
    }

    /// <summary>An error record that Out-Default sends to the host's error writer instead of to its output.</summary>
    public static PSObject AsErrorOutput(ErrorRecord error)
    {
        PSObject wrapped = new(error);
        PropertyInfo stream = typeof(PSObject).GetProperty("WriteStream", Instance) ?? throw new MissingMemberException(nameof(PSObject), "WriteStream");
        stream.SetValue(wrapped, Enum.Parse(stream.PropertyType, "Error"));
        return wrapped;
    }

    /// <summary>Makes <c>exit N</c> of the next script command leave the session (SetShouldExit) and not only the script.</summary>
    public static void LetNextScriptExitTheSession(Runspace runspace) =>
        SetScriptCommandProcessorShouldRethrowExit(GetExecutionContext(runspace), true);

    /// <summary>The formatter behind a Format-* cmdlet.</summary>
    /// <param name="shape">Table, List or Wide, as in the engine's FormatShape.</param>
    public static object NewShapeFormatter(string shape) =>
        New("InnerFormatShapeCommand", Enum.Parse(InternalType("FormatShape"), shape));

    /// <summary>The formatter behind an Out-* cmdlet, writing whole lines.</summary>
    public static object NewLineFormatter(TextWriter writer, int columns)
    {
        object formatter = New("OutputManagerInner");
        SetLineOutput(formatter, New("TextWriterLineOutput", writer, columns));
        return formatter;
    }

    /// <summary>Gives a Format-* or Out-* cmdlet its formatter.</summary>
    public static void SetFormatter(FrontEndCommandBase cmdlet, object formatter)
    {
        FieldInfo field = typeof(FrontEndCommandBase).GetField("implementation", Instance) ?? throw new MissingFieldException(nameof(FrontEndCommandBase), "implementation");
        field.SetValue(cmdlet, formatter);
    }

    /// <summary>What a command throws to end the commands before it in the pipeline without an error.</summary>
    public static Exception StopUpstream(Cmdlet command) => (Exception)NewStopUpstreamCommandsException(command);

    private static object New(string type, params object[] arguments) =>
        Activator.CreateInstance(InternalType(type), Instance, binder: null, arguments, culture: null)!;

    private static Type InternalType(string name) => typeof(PSObject).Assembly.GetType(Formatting + name, throwOnError: true)!;

    /// <summary>
    /// What a provider is told about the call: the cmdlet that gets output, errors and confirmations, filters, force, dynamic parameters.
    /// </summary>
    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    [return: UnsafeAccessorType(Context)]
    public static extern object NewProviderContext(Cmdlet command);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern void SetFilters([UnsafeAccessorType(Context)] object context, Collection<string> include, Collection<string> exclude, string? filter);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_Force")]
    public static extern void SetForce([UnsafeAccessorType(Context)] object context, SwitchParameter value);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_PassThru")]
    public static extern void SetPassThru([UnsafeAccessorType(Context)] object context, bool value);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_SuppressWildcardExpansion")]
    public static extern void SetSuppressWildcardExpansion([UnsafeAccessorType(Context)] object context, bool value);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_DynamicParameters")]
    public static extern void SetDynamicParameters([UnsafeAccessorType(Context)] object context, object? value);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern void ThrowFirstErrorOrDoNothing([UnsafeAccessorType(Context)] object context, bool wrapExceptionInProviderException);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern void StopProcessing([UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern void Get(ItemCmdletProviderIntrinsics items, string path, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern object? GetItemDynamicParameters(ItemCmdletProviderIntrinsics items, string path, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern bool Exists(ItemCmdletProviderIntrinsics items, string path, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern object? ItemExistsDynamicParameters(ItemCmdletProviderIntrinsics items, string path, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern bool IsContainer(ItemCmdletProviderIntrinsics items, string path, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern void New(ItemCmdletProviderIntrinsics items, string path, string? name, string? type, object? content, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern object? NewItemDynamicParameters(ItemCmdletProviderIntrinsics items, string path, string? type, object? content, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern void RemoveItem([UnsafeAccessorType(State)] object state, string providerId, string path, bool recurse, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern object? RemoveItemDynamicParameters(ItemCmdletProviderIntrinsics items, string path, bool recurse, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern void Copy(ItemCmdletProviderIntrinsics items, string path, string? destinationPath, bool recurse, CopyContainers copyContainers, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern object? CopyItemDynamicParameters(ItemCmdletProviderIntrinsics items, string path, string? destination, bool recurse, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern void Get(ChildItemCmdletProviderIntrinsics children, string path, bool recurse, uint depth, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern object? GetChildItemsDynamicParameters(ChildItemCmdletProviderIntrinsics children, string path, bool recurse, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern void GetNames(ChildItemCmdletProviderIntrinsics children, string path, ReturnContainers returnContainers, bool recurse, uint depth, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern object? GetChildNamesDynamicParameters(ChildItemCmdletProviderIntrinsics children, string path, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern bool HasChildItems([UnsafeAccessorType(State)] object state, string providerId, string path, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern Collection<IContentReader> GetReader(ContentCmdletProviderIntrinsics content, string path, [UnsafeAccessorType(Context)] object context);

    /// <summary>Reads a file as far as it is written, also with -Wait; only for readers of the file system.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern IList ReadWithoutWaitingChanges([UnsafeAccessorType("Microsoft.PowerShell.Commands.FileSystemContentReaderWriter" + Engine)] object reader, long readCount);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern object? GetContentReaderDynamicParameters(ContentCmdletProviderIntrinsics content, string path, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern Collection<IContentWriter> GetWriter(ContentCmdletProviderIntrinsics content, string path, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern object? GetContentWriterDynamicParameters(ContentCmdletProviderIntrinsics content, string path, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern void Clear(ContentCmdletProviderIntrinsics content, string path, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern Collection<PathInfo> GetResolvedPSPathFromPSPath(PathIntrinsics paths, string path, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern bool IsCurrentLocationOrAncestor(PathIntrinsics paths, string path, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern bool IsValid(PathIntrinsics paths, string path, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern string Combine(PathIntrinsics paths, string parent, string child, [UnsafeAccessorType(Context)] object context);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern string ParseChildName(PathIntrinsics paths, string path, [UnsafeAccessorType(Context)] object context, bool useDefaultProvider);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern string ParseParent(PathIntrinsics paths, string path, string root, [UnsafeAccessorType(Context)] object context, bool useDefaultProvider);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern PathInfo SetLocation(PathIntrinsics paths, string path, [UnsafeAccessorType(Context)] object context, bool literalPath);

    [UnsafeAccessor(UnsafeAccessorKind.StaticMethod)]
    public static extern object ConstructorInvokeDotNet(
        [UnsafeAccessorType("System.Management.Automation.DotNetAdapter" + Engine)] object? adapter, Type type, ConstructorInfo[] constructors, object?[] arguments);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_IsSpecial")]
    public static extern bool IsSpecial(PSMethod method);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Internal")]
    [return: UnsafeAccessorType(State)]
    public static extern object GetInternal(SessionState state);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern IDictionary<string, PSVariable> GetVariableTable([UnsafeAccessorType(State)] object state);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern IDictionary<string, PSVariable> GetVariableTableAtScope([UnsafeAccessorType(State)] object state, string scopeID);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern object? SetVariable([UnsafeAccessorType(State)] object state, PSVariable variable, bool force, CommandOrigin origin);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    public static extern object? SetVariableAtScope([UnsafeAccessorType(State)] object state, PSVariable variable, string scopeID, bool force, CommandOrigin origin);

    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    [return: UnsafeAccessorType("System.Management.Automation.StopUpstreamCommandsException" + Engine)]
    private static extern object NewStopUpstreamCommandsException(InternalCommand requestingCommand);

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    private static extern void SetInvocationInfo(ErrorRecord error, InvocationInfo invocationInfo);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_PreserveInvocationInfoOnce")]
    private static extern void SetPreserveInvocationInfoOnce(ErrorRecord error, bool value);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_ExecutionContext")]
    [return: UnsafeAccessorType("System.Management.Automation.ExecutionContext" + Engine)]
    private static extern object GetExecutionContext(Runspace runspace);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_ScriptCommandProcessorShouldRethrowExit")]
    private static extern void SetScriptCommandProcessorShouldRethrowExit(
        [UnsafeAccessorType("System.Management.Automation.ExecutionContext" + Engine)] object context, bool value);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_LineOutput")]
    private static extern void SetLineOutput(
        [UnsafeAccessorType(Formatting + "OutputManagerInner" + Engine)] object formatter,
        [UnsafeAccessorType(Formatting + "LineOutput" + Engine)] object lines);
}
