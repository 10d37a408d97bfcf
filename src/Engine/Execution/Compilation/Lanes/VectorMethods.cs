using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.Intrinsics;

namespace ReuseportPS.Engine.Execution.Compilation.Lanes;

/// <summary>The methods that generated code computes with, for one number of lanes.</summary>
internal sealed class VectorMethods
{
    private readonly Type _vector;
    private readonly Type _operations;
    private readonly Type _own;
    private readonly ConcurrentDictionary<(string Name, Type First, Type? Second, int Count), MethodInfo> _found = new();
    private readonly ConcurrentDictionary<(string Name, Type? First), MethodInfo> _foundOwn = new();

    private VectorMethods(Type vector, Type operations, Type own)
    {
        _vector = vector;
        _operations = operations;
        _own = own;
        Words = Of(typeof(uint));
        Doubles = Of(typeof(ulong));
    }

    /// <summary>With 16 lanes.</summary>
    public static VectorMethods For16 { get; } = new(typeof(Vector512<>), typeof(Vector512), typeof(Lanes512));

    /// <summary>With 8 lanes.</summary>
    public static VectorMethods For8 { get; } = new(typeof(Vector256<>), typeof(Vector256), typeof(Lanes256));

    /// <summary>A vector of 32 bits for each lane.</summary>
    public Type Words { get; }

    /// <summary>A vector of 64 bits for each of half the lanes.</summary>
    public Type Doubles { get; }

    /// <summary>A vector of a kind of number.</summary>
    public Type Of(Type element) => _vector.MakeGenericType(element);

    /// <summary>A method of <see cref="Vector512"/> or <see cref="Vector256"/>.</summary>
    public MethodInfo Find(string name, params ReadOnlySpan<Type> parameters)
    {
        (string, Type, Type?, int) key = (name, parameters[0], parameters.Length > 1 ? parameters[1] : null, parameters.Length);
        return _found.TryGetValue(key, out MethodInfo? method) ? method : _found[key] = FindNew(name, parameters.ToArray());
    }

    /// <summary>A method of <see cref="Lanes512"/> or <see cref="Lanes256"/>, by its first parameter where there are several.</summary>
    public MethodInfo FindOwn(string name, Type? first = null)
    {
        return _foundOwn.TryGetValue((name, first), out MethodInfo? method) ? method : _foundOwn[(name, first)] = FindNew();

        MethodInfo FindNew() => _own.GetMember(name, MemberTypes.Method, BindingFlags.Public | BindingFlags.Static).Cast<MethodInfo>()
            .First(candidate => first is null || candidate.GetParameters()[0].ParameterType == first);
    }

    private MethodInfo FindNew(string name, Type[] parameters)
    {
        foreach (MethodInfo candidate in _operations.GetMember(name, MemberTypes.Method, BindingFlags.Public | BindingFlags.Static).Cast<MethodInfo>())
        {
            MethodInfo method = candidate;
            if (candidate.IsGenericMethodDefinition)
            {
                if (candidate.GetGenericArguments().Length > 1 || candidate.GetParameters().Length != parameters.Length)
                {
                    continue;
                }

                method = candidate.MakeGenericMethod(parameters[0].IsGenericType ? parameters[0].GetGenericArguments()[0] : parameters[0]);
            }

            if (method.GetParameters().Select(parameter => parameter.ParameterType).SequenceEqual(parameters))
            {
                return method;
            }
        }

        throw new MissingMethodException(_operations.Name, name);
    }
}
