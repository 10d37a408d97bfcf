using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace ReuseportPS.Shell;

/// <summary>
/// The members of System.Management.Automation that pwsh's own host and cmdlets reach as friends of that assembly and that have no
/// public counterpart. All of the Shell's reflection into the engine is here; a test touches each member.
/// </summary>
internal static class EngineInternals
{
    private const BindingFlags Instance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly Assembly s_engine = typeof(PSObject).Assembly;
    private static readonly MethodInfo s_setInvocationInfo = Method(typeof(ErrorRecord), "SetInvocationInfo");
    private static readonly PropertyInfo s_preserveInvocationInfo = Property(typeof(ErrorRecord), "PreserveInvocationInfoOnce");
    private static readonly PropertyInfo s_writeStream = Property(typeof(PSObject), "WriteStream");
    private static readonly PropertyInfo s_executionContext = Property(typeof(Runspace), "ExecutionContext");

    /// <summary>Makes an error record point at the caller instead of at the cmdlet that writes it.</summary>
    public static void SetInvocation(ErrorRecord error, InvocationInfo invocation)
    {
        s_setInvocationInfo.Invoke(error, [invocation]);
        s_preserveInvocationInfo.SetValue(error, true);
    }

    /// <summary>An error record that Out-Default sends to the host's error writer instead of to its output.</summary>
    public static PSObject AsErrorOutput(ErrorRecord error)
    {
        PSObject wrapped = new(error);
        s_writeStream.SetValue(wrapped, Enum.Parse(s_writeStream.PropertyType, "Error"));
        return wrapped;
    }

    /// <summary>Makes <c>exit N</c> of the next script command leave the session (SetShouldExit) and not only the script.</summary>
    public static void LetNextScriptExitTheSession(Runspace runspace)
    {
        object context = s_executionContext.GetValue(runspace)!;
        Property(context.GetType(), "ScriptCommandProcessorShouldRethrowExit").SetValue(context, true);
    }

    /// <summary>Creates an internal type of the engine.</summary>
    public static object Create(string typeName, params object?[] arguments) =>
        Activator.CreateInstance(Type(typeName), Instance, binder: null, arguments, culture: null)!;

    /// <summary>An internal type of the engine.</summary>
    public static Type Type(string typeName) => s_engine.GetType(typeName, throwOnError: true)!;

    /// <summary>A property, public or not.</summary>
    public static PropertyInfo Property(Type type, string name) =>
        type.GetProperty(name, Instance) ?? throw new MissingMemberException(type.FullName, name);

    /// <summary>A field, public or not.</summary>
    public static FieldInfo Field(Type type, string name) =>
        type.GetField(name, Instance) ?? throw new MissingFieldException(type.FullName, name);

    private static MethodInfo Method(Type type, string name) =>
        type.GetMethod(name, Instance) ?? throw new MissingMethodException(type.FullName, name);
}
