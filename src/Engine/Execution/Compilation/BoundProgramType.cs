using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace ReuseportPS.Engine.Execution.Compilation;

/// <summary>Makes a class for the generated code of a bound program, which can be collected with it.</summary>
internal static class BoundProgramType
{
    private const string Name = "ReuseportPS.Bound";
    private static readonly Type[] s_parameters = [typeof(Machine), typeof(CompiledProgram), typeof(byte[]), typeof(int), typeof(bool), typeof(bool)];
    private static readonly ConstructorInfo s_base = typeof(BoundProgram).GetConstructor(BindingFlags.NonPublic | BindingFlags.Instance, s_parameters)!;

    /// <summary>Makes the class.</summary>
    /// <param name="write">Writes the body of <see cref="BoundProgram.RunCode"/>.</param>
    public static BoundFactory Make(Action<ILGenerator> write)
    {
        AssemblyBuilder assembly = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName(Name), AssemblyBuilderAccess.RunAndCollect);
        ConstructorInfo seesAll = typeof(IgnoresAccessChecksToAttribute).GetConstructor([typeof(string)])!;
        assembly.SetCustomAttribute(new CustomAttributeBuilder(seesAll, [typeof(BoundProgram).Assembly.GetName().Name!]));
        TypeBuilder type = assembly.DefineDynamicModule(Name).DefineType("Bound", TypeAttributes.NotPublic | TypeAttributes.Sealed, typeof(BoundProgram));
        ILGenerator constructor = type.DefineConstructor(MethodAttributes.Public, CallingConventions.Standard, s_parameters).GetILGenerator();
        for (short i = 0; i <= s_parameters.Length; i++)
        {
            constructor.Emit(OpCodes.Ldarg, i);
        }

        constructor.Emit(OpCodes.Call, s_base);
        constructor.Emit(OpCodes.Ret);
        MethodBuilder run = type.DefineMethod(
            nameof(BoundProgram.RunCode), MethodAttributes.FamORAssem | MethodAttributes.Virtual | MethodAttributes.HideBySig, typeof(ulong), [typeof(byte).MakeByRefType()]);
        run.SetImplementationFlags(MethodImplAttributes.AggressiveOptimization);
        run.InitLocals = false;
        write(run.GetILGenerator(4096));
        ConstructorInfo made = type.CreateType().GetConstructor(s_parameters)!;
        return (machine, program, contexts, length, writable, counts) => (BoundProgram)made.Invoke([machine, program, contexts, length, writable, counts]);
    }
}
