BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    Set-Content TestDrive:/a.yaml "version: 1`npolicy: a`notherwise: { by: weighted, weights: { 0: 1, 1: 1 } }"
    Set-Content TestDrive:/a2.yaml "version: 1`npolicy: a`notherwise: { by: weighted, weights: { 0: 9, 1: 1 } }"
    Set-Content TestDrive:/b.yaml "version: 1`npolicy: b`notherwise: { by: slot, slot: 2 }"
    $objects = "$PSScriptRoot/../Engine.Tests/Elf/objects"
    Set-Content TestDrive:/third.ddd "1`n6 0 0 2"
    Set-Content TestDrive:/slot9.yaml "version: 1`npolicy: slot9`notherwise: { by: slot, slot: 9 }"
}

Describe 'Set-SteeringPolicy' {
    BeforeEach {
        Set-ReuseportBackend Simulator -Seed 1
        $null = New-ReuseportGroup web -SlotCount 4 -Port 5300 -Protocol Udp, Tcp
    }

    It 'says what changed: Program, then None, then Data, then Program' {
        (Set-SteeringPolicy web TestDrive:/a.yaml).Change | Should -Be 'Program'
        (Set-SteeringPolicy web TestDrive:/a.yaml).Change | Should -Be 'None'
        (Set-SteeringPolicy web TestDrive:/a2.yaml).Change | Should -Be 'Data'
        (Set-SteeringPolicy web TestDrive:/b.yaml).Change | Should -Be 'Program'
    }

    It 'keeps the program when only data changes' {
        $null = Set-SteeringPolicy web TestDrive:/a.yaml
        $before = (Get-ReuseportGroup web).ProgramId
        $null = Set-SteeringPolicy web TestDrive:/a2.yaml
        (Get-ReuseportGroup web).ProgramId | Should -Be $before
        (Get-SocketSlot web -Slot 0).Share | Should -Be 0.9
    }

    It 'changes nothing with -WhatIf' {
        $null = Set-SteeringPolicy web TestDrive:/a.yaml
        Set-SteeringPolicy web TestDrive:/b.yaml -WhatIf | Should -BeNullOrEmpty
        (Get-SteeringPolicy web).Policy.Name | Should -Be 'a'
    }

    It 'leaves the group as it was when the policy names a slot it lacks' {
        $null = Set-SteeringPolicy web TestDrive:/a.yaml
        $before = (Get-ReuseportGroup web).ProgramId
        { Set-SteeringPolicy web TestDrive:/slot9.yaml -ErrorAction Stop } | Should -Throw -ErrorId 'PolicyInvalid*'
        (Get-SteeringPolicy web).Policy.Name | Should -Be 'a'
        (Get-ReuseportGroup web).ProgramId | Should -Be $before
    }

    It 'takes groups from the pipeline' {
        $null = New-ReuseportGroup dns -SlotCount 3 -Port 5353
        (Get-ReuseportGroup | Set-SteeringPolicy -Policy TestDrive:/a.yaml).Group | Should -Be 'dns', 'web'
    }

    It 'reports a group that is not there' {
        { Set-SteeringPolicy nothing TestDrive:/a.yaml -ErrorAction Stop } | Should -Throw -ErrorId 'GroupNotFound*'
    }

    It 'applies a program in the place of a policy, and says so' {
        $null = Set-SteeringPolicy web TestDrive:/a.yaml
        $change = Set-SteeringPolicy web -Program $objects/hash_select.o
        "$($change.Change) $($change.Policy)" | Should -BeExactly 'Program by_hash'
        $applied = Get-SteeringPolicy web
        $applied.Kind | Should -BeExactly 'Program'
        $applied.Policy | Should -BeNullOrEmpty
        "$($applied.Program.Name) $($applied.Program.SeatMap)" | Should -BeExactly 'by_hash sockets'
        $applied.ProgramId | Should -HaveCount 2
        (Get-ReuseportGroup web).Policy | Should -BeExactly "program 'by_hash'"
        Remove-SteeringPolicy web
        Get-SteeringPolicy web | Should -BeNullOrEmpty
        (Set-SteeringPolicy web TestDrive:/a.yaml).Change | Should -Be 'Program'
    }

    It 'applies a classic program' {
        $null = Import-SteeringProgram TestDrive:/third.ddd | ForEach-Object { Set-SteeringPolicy web -Program $_ }
        $applied = Get-SteeringPolicy web
        "$($applied.Kind) $($applied.Program.Name) $($applied.InstructionCount)" | Should -BeExactly 'Classic third 1'
        $applied.ProgramId | Should -HaveCount 0
        { Set-SteeringPolicy web $applied -ErrorAction Stop } | Should -Throw -ErrorId 'ParameterArgumentTransformationError,*'
        (Set-SteeringPolicy web TestDrive:/a.yaml).Change | Should -Be 'Program'
    }

    It 'fills the maps of a program, or leaves the group as it was' {
        $null = Set-SteeringPolicy web TestDrive:/a.yaml
        $before = (Get-ReuseportGroup web).ProgramId
        { Set-SteeringPolicy web -Program $objects/globals.o -Map @{ '.rodata' = @{ wrong = 1 } } -ErrorAction Stop } | Should -Throw -ErrorId 'MapContentsInvalid,*'
        { Set-SteeringPolicy web -Program $objects/globals.o -SeatMap wrong -ErrorAction Stop } | Should -Throw -ErrorId 'SeatMapNotKnown,*'
        { Set-SteeringPolicy web -Program $objects/tail_calls.o -ErrorAction Stop } | Should -Throw -ErrorId 'ProgramInvalid,*'
        { Set-SteeringPolicy web -Program TestDrive:/a.yaml -ErrorAction Stop } | Should -Throw -ErrorId 'ProgramInvalid,*'
        { Set-SteeringPolicy web -Program TestDrive:/nothing.o -ErrorAction Stop } | Should -Throw -ErrorId 'FileNotFound,*'
        Set-SteeringPolicy web -Program $objects/globals.o -WhatIf | Should -BeNullOrEmpty
        (Get-ReuseportGroup web).ProgramId | Should -Be $before
        (Set-SteeringPolicy web -Program $objects/globals.o -Map @{ '.rodata' = @{ table = @(0) * 8 } } -SeatMap sockets).Policy | Should -BeExactly 'by_table'
    }

    It 'previews over a trace with -WhatIf, and touches nothing' {
        $null = New-ReuseportGroup previewed -SlotCount 4 -Port 5311
        Set-Content TestDrive:/spread.yaml "version: 1`npolicy: spread`notherwise: { by: hash }"
        Set-Content TestDrive:/first.yaml "version: 1`npolicy: first`notherwise: { by: slot, slot: 0 }"
        $trace = New-PacketTrace 400 -PacketsPerFlow 2 -Seed 3
        $preview = Set-SteeringPolicy previewed TestDrive:/spread.yaml -WhatIf -Trace $trace
        $preview.Change.FlowsUncertain | Should -Be 400
        $preview.Change.Before | Should -Be "the kernel's choice"
        (Get-SteeringPolicy previewed).Policy | Should -BeNullOrEmpty
        $null = Set-SteeringPolicy previewed TestDrive:/spread.yaml
        $preview = Set-SteeringPolicy previewed TestDrive:/first.yaml -WhatIf -Trace $trace
        $preview.After.Slots[0].Packets | Should -Be 800
        $preview.Change.FlowShareMoved | Should -BeGreaterThan 0.6
        ($preview | Out-String) | Should -Match "'spread' -> 'first'"
        (Get-SteeringPolicy previewed).Policy.Name | Should -Be 'spread'
    }
}
