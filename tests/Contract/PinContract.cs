using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Contract;

/// <summary>Pins: what is kept by name, and who sees it when.</summary>
public abstract class PinContract<TWorld>(TWorld world) : ContractTest<TWorld>(world)
    where TWorld : World
{
    private string Name => $"pins-{Port}";

    [Fact]
    public void Nobody_sees_a_folder_before_it_is_published()
    {
        IBackendMap map = CreateMap(TestPrograms.Results(1));
        using IPinFolder folder = Backend.Pins.Create(Name);
        folder.Pin("map", map);
        Assert.Equal(["map"], folder.Names);
        Assert.DoesNotContain(Name, Backend.Pins.List());
        Assert.Null(Backend.Pins.Open(Name));

        folder.Publish();

        Assert.Contains(Name, Backend.Pins.List());
        using IPinFolder opened = Backend.Pins.Open(Name)!;
        Assert.Equal(["map"], opened.Names);
        Backend.Pins.Remove(Name);
        Assert.DoesNotContain(Name, Backend.Pins.List());
        Assert.Null(Backend.Pins.Open(Name));
    }

    [Fact]
    public void A_folder_that_is_not_published_goes_with_its_maker()
    {
        uint id;
        using (IPinFolder folder = Backend.Pins.Create(Name))
        {
            using IBackendProgram program = Backend.LoadProgram(TestPrograms.Return(1), []);
            folder.Pin("program", program);
            id = program.Id;
        }

        Assert.Null(Backend.Pins.Open(Name));
        Assert.True(Becomes(() => !Exists(id)));
    }

    [Fact]
    public void A_name_is_published_once()
    {
        using IPinFolder first = Backend.Pins.Create(Name);
        using IPinFolder second = Backend.Pins.Create(Name);
        first.Publish();

        Assert.Equal(Errno.EEXIST, Refusal(second.Publish));
        Assert.Throws<InvalidOperationException>(first.Publish);
        Backend.Pins.Remove(Name);
        second.Publish();
        Backend.Pins.Remove(Name);
        Backend.Pins.Remove(Name);
    }

    [Fact]
    public void Pins_keep_what_they_name()
    {
        using IPinFolder folder = Publish();
        uint mapId;
        uint programId;
        using (IBackendMap map = Backend.CreateMap(TestPrograms.Results(1)))
        {
            using IBackendProgram program = Backend.LoadProgram(TestPrograms.Return(1), []);
            map.Update(Key(0), Bytes(42, 8));
            folder.Pin("map", map);
            folder.Pin("program", program);
            (mapId, programId) = (map.Id, program.Id);
        }

        Backend.WaitForReaders();
        using (IBackendMap map = folder.OpenMap("map")!)
        {
            Assert.Equal((mapId, TestPrograms.Results(1)), (map.Id, map.Spec));
            Assert.Equal(Bytes(42, 8), map.Lookup(Key(0)));
        }

        using (IBackendProgram program = folder.OpenProgram("program")!)
        {
            Assert.Equal((programId, "test_return"), (program.Id, program.Name));
        }

        Assert.Null(folder.OpenMap("nothing"));
        Assert.Null(folder.OpenProgram("nothing"));
        Assert.Equal(Errno.EINVAL, Refusal(() => folder.OpenMap("program")));
        Assert.Equal(Errno.EINVAL, Refusal(() => folder.OpenProgram("map")));
        folder.Unpin("program");
        folder.Unpin("program");
        Assert.Equal(["map"], folder.Names);
        Assert.True(Becomes(() => !Exists(programId)));
    }

    [Fact]
    public void A_pin_is_replaced_in_place()
    {
        using IPinFolder folder = Publish();
        IBackendMap first = CreateMap(TestPrograms.Results(1));
        IBackendMap second = CreateMap(TestPrograms.Results(2));
        folder.Pin("b", first);
        folder.Pin("a", first);
        folder.Pin("b", second);

        Assert.Equal(["a", "b"], folder.Names);
        using IBackendMap opened = folder.OpenMap("b")!;
        Assert.Equal(second.Id, opened.Id);
    }

    [Theory]
    [InlineData("seats0", true)]
    [InlineData("a_b-c9", true)]
    [InlineData("a234567890123456789012345678901234567890", true)]
    [InlineData("a2345678901234567890123456789012345678901", false)]
    [InlineData("", false)]
    [InlineData("a.b", false)]
    [InlineData("a/b", false)]
    [InlineData("Seats", false)]
    public void Names_of_pins(string pin, bool valid)
    {
        using IPinFolder folder = Publish();
        IBackendMap map = CreateMap(TestPrograms.Results(1));
        if (valid)
        {
            folder.Pin(pin, map);
            Assert.Equal([pin], folder.Names);
        }
        else
        {
            Assert.Throws<ArgumentException>(() => folder.Pin(pin, map));
            Assert.Empty(folder.Names);
        }
    }

    [Theory]
    [InlineData("web")]
    [InlineData("Web.1_x-Y")]
    [InlineData("a234567890123456789012345678901234567890123456789012345678901234")]
    public void Names_of_groups_come_back(string name)
    {
        using (IPinFolder folder = Backend.Pins.Create(name))
        {
            folder.Publish();
        }

        Assert.Contains(name, Backend.Pins.List());
        Assert.Equal(Backend.Pins.List().Order(StringComparer.Ordinal), Backend.Pins.List());
        Backend.Pins.Remove(name);
    }

    [Fact]
    public void A_lock_is_for_one_and_for_one_group()
    {
        using (Backend.Pins.Lock(Name))
        {
            using IDisposable other = Backend.Pins.Lock(Name + "-other");
        }

        using IDisposable again = Backend.Pins.Lock(Name);
        Assert.Equal(Errno.EBUSY, Refusal(() => Backend.Pins.Lock(Name).Dispose()));
    }

    [Fact]
    public void A_map_of_maps_comes_back_with_its_entries()
    {
        using IPinFolder folder = Publish();
        uint innerId;
        using (IBackendMap inner = Backend.CreateMap(TestPrograms.Results(1)))
        {
            using IBackendMap outer = Backend.CreateMap(new MapSpec("outer", MapType.ArrayOfMaps, 4, 4, 2) { Inner = TestPrograms.Results(1) });
            outer.UpdateMap(1, inner);
            folder.Pin("outer", outer);
            innerId = inner.Id;
        }

        using IBackendMap opened = folder.OpenMap("outer")!;
        Assert.Equal(Bytes(innerId, 4), opened.Lookup(Key(1)));
        using IBackendMap other = Backend.CreateMap(TestPrograms.Results(1));
        opened.UpdateMap(0, other);
        Assert.Equal(Bytes(other.Id, 4), opened.Lookup(Key(0)));
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Backend.Pins.Remove(Name);
    }

    private IPinFolder Publish()
    {
        IPinFolder folder = Backend.Pins.Create(Name);
        folder.Publish();
        return folder;
    }
}
