using System.Reflection;

namespace ReuseportPS.Contract;

/// <summary>Holds a test program to the whole contract: each part of it has one class for each world.</summary>
internal static class EveryWorld
{
    public static void RunsEveryPart(Assembly tests)
    {
        Type[] worlds = [.. tests.GetTypes().Where(type => type.IsSubclassOf(typeof(World)) && !type.IsAbstract)];
        Type[] parts = [.. tests.GetTypes().Where(type => type is { IsAbstract: true, Namespace: "ReuseportPS.Contract" }
            && type.Name.EndsWith("Contract`1", StringComparison.Ordinal))];
        Assert.NotEmpty(worlds);
        Assert.True(parts.Length > 10, "Parts of the contract are missing.");
        foreach (Type world in worlds)
        {
            Assert.All(parts, part => Assert.Single(tests.GetTypes(), type => type.BaseType == part.MakeGenericType(world)));
        }
    }
}
